import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect } from 'vitest'
import { Acks } from '../support/acks.ts'
import { PATIENCE } from '../support/crowd.ts'
import { until } from '../support/deadline.ts'
import { linkProduction } from '../support/deployment.ts'
import { startRedis } from '../support/redis-server.ts'
import { ownStageTest } from '../support/stage.ts'

const ROOT = fileURLToPath(new URL('../../', import.meta.url))

ownStageTest(
  '[H35] the package that is published runs as a node, with the packages of production',
  async (stage) => {
    const folder = stage.folder()
    const pack = ['pack', '--ignore-scripts', '--silent', '--pack-destination', folder]
    const archive = execFileSync('npm', pack, { cwd: ROOT, encoding: 'utf8' }).trim()
    execFileSync('tar', ['xzf', join(folder, archive), '-C', folder])
    linkProduction(folder)
    const redis = await startRedis()
    stage.atEnd(() => redis.stop())
    const server = await stage.start(['--redis', redis.url], {
      main: join(folder, 'package/dist/main.js'),
      env: { NODE_OPTIONS: '--preserve-symlinks --preserve-symlinks-main' },
    })
    expect((await fetch(server.url)).headers.get('content-type')).toMatch(/^text\/html/)
    const client = await stage.stock('3.1.0', stage.entity(), { deadline: PATIENCE }).synced()
    const acks = new Acks(client)
    client.doc.getText('text').insert(0, 'from a package')
    acks.when(() => {})
    await until('it is acknowledged', PATIENCE, () => acks.waiting === 0)
  },
  { timeout: 120_000 },
)
