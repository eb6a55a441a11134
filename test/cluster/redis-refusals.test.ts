import { execFile } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, test } from 'vitest'
import { makeCertificates } from '../support/certificates.ts'
import { linesOf, type Readyz, ready, readyz, readyzWhen } from '../support/readiness.ts'
import { freePort, type RedisServer, startRedis } from '../support/redis-server.ts'
import type { ServerProcess } from '../support/spawn-server.ts'
import { type Body, ownStageTest, type Stage } from '../support/stage.ts'
import { insertion } from '../wire-socket/insertion.ts'

/** Together: each mostly waits. */
const nodeTest = (title: string, body: Body): void =>
  ownStageTest(title, body, { concurrent: true, timeout: 90_000 })

const MAIN = fileURLToPath(new URL('../../dist/main.js', import.meta.url))

async function redis(stage: Stage, args: readonly string[] = []): Promise<RedisServer> {
  const server = await startRedis(args)
  stage.atEnd(() => server.stop())
  return server
}

/** What it says at first may be that it has not heard of anything yet. */
const says = (server: ServerProcess, why: RegExp): Promise<Readyz> =>
  readyzWhen(server, `it says ${why}`, (said) => said.code === 503 && why.test(said.trouble ?? ''))

/** A node that works: what a client writes is saved. */
async function works(stage: Stage): Promise<Readyz> {
  const said = await ready(stage.server)
  const client = await stage.raw(stage.entity())
  await client.join()
  client.send(insertion('x'))
  await client.settled()
  return said
}

describe('[R7] what only Redis can tell ends no process', () => {
  nodeTest(
    '[R15] a wrong password; the right one by variable, by file, in the URL',
    async (stage) => {
      const store = await redis(stage, ['--requirepass', 'right:pass/word'])
      const wrong = await stage.start(['--redis', store.url], {
        env: { TRIBUTARY_REDIS_PASSWORD: 'wrong-secret' },
      })
      await says(wrong, /^Redis does not let us: WRONGPASS/)
      const none = await stage.start(['--redis', store.url])
      await says(none, /^Redis does not let us: NOAUTH/)
      const file = join(stage.folder(), 'password')
      writeFileSync(file, 'right:pass/word\n')
      await stage.start(['--redis', store.url], {
        env: { TRIBUTARY_REDIS_PASSWORD: 'right:pass/word' },
      })
      await works(stage)
      await stage.start(['--redis', store.url, '--redis-password-file', file])
      await works(stage)
      await stage.start(['--redis', store.url.replace('//', '//:right%3Apass%2Fword@')])
      await works(stage)
      for (const server of [wrong, none]) {
        expect(server.exited).toBe(false)
        expect(linesOf(server, 'redis cannot be reached')).toHaveLength(1)
        expect(server.output.join('\n')).not.toMatch(/wrong-secret|right:pass/)
        expect(JSON.stringify(await readyz(server))).not.toMatch(/wrong-secret/)
      }
    },
  )

  nodeTest('[R5] a replica, until it is the master', async (stage) => {
    const store = await redis(stage, ['--replicaof', '127.0.0.1', '1'])
    const server = await stage.start(['--redis', store.url])
    await says(server, /is a replica of 127\.0\.0\.1:1/)
    await store.client.replicaof('NO', 'ONE')
    await works(stage)
    expect(linesOf(server, 'redis cannot be reached')).toHaveLength(1)
  })

  nodeTest('[R2] [R3] [R6] a configuration that may not be read', async (stage) => {
    const store = await redis(stage, ['--rename-command', 'CONFIG', ''])
    const server = await stage.start(['--redis', store.url])
    const said = await works(stage)
    expect(said).toMatchObject({ code: 200, tier: 'memory' })
    expect(said.declared).toBe(undefined)
    expect(said.warnings).toContainEqual(expect.stringMatching(/configuration/))
    expect(linesOf(server, 'a weakness of redis').map(({ why }) => why)).toEqual(said.warnings)
    await stage.start(['--redis', store.url, '--redis-tier', 'disk'])
    expect(await works(stage)).toMatchObject({ tier: 'disk', declared: true })
    const metrics = await stage.metrics()
    expect(['memory', 'process', 'disk'].map((tier) => metrics.sum('tier', { tier }))).toEqual([
      0, 0, 1,
    ])
  })

  nodeTest('[R16] who it is, to a user or to anybody', async (stage) => {
    const store = await redis(stage)
    const silent = await redis(stage, ['--rename-command', 'INFO', ''])
    await store.client.acl('SETUSER', 'app', 'on', '>pw', '~*', '&*', '+@all', '-info')
    for (const url of [store.url.replace('//', '//app:pw@'), silent.url]) {
      const server = await stage.start(['--redis', url, '--pace-audit', '100ms'])
      const said = await works(stage)
      expect(said).toMatchObject({ code: 200, tier: 'memory' })
      expect(said.warnings).toContainEqual(expect.stringMatching(/\(INFO\)/))
      expect((await stage.metrics()).sum('redis_failures_total')).toBe(0)
      expect(server.output.filter((line) => !line.startsWith('{'))).toEqual([])
      expect(linesOf(server, 'the logs in Redis cannot be compared')).toEqual([])
      expect(await readyz(server)).toMatchObject({ code: 200 })
    }
  })

  nodeTest('[R3] a tier that changes under a running node', async (stage) => {
    const store = await redis(stage, ['--appendonly', 'yes', '--appendfsync', 'always'])
    const server = await stage.start(['--redis', store.url])
    expect(linesOf(server, 'listening')).toMatchObject([{ tier: 'disk' }])
    expect((await works(stage)).tier).toBe('disk')
    await store.client.config('SET', 'appendfsync', 'no')
    const said = await readyzWhen(server, 'it is noticed', ({ tier }) => tier === 'process', 15_000)
    expect(said.code).toBe(200)
    const metrics = await stage.metrics()
    expect(['memory', 'process', 'disk'].map((tier) => metrics.sum('tier', { tier }))).toEqual([
      0, 1, 0,
    ])
    expect(linesOf(server, 'durability tier of redis')).toMatchObject([
      { tier: 'disk' },
      { tier: 'process', before: 'disk', why: 'appendfsync no' },
    ])
  })

  nodeTest('[R4] [R6] replicas that are not there', async (stage) => {
    const store = await redis(stage)
    await stage.start(['--redis', store.url, '--redis-replicas', '1', '--pace-replicas', '50ms'])
    const client = await stage.raw(stage.entity())
    await client.join()
    client.send(insertion('x'))
    await client.settled()
    expect((await stage.metrics()).sum('redis_replicas')).toBe(0)
    const short = ({ warnings }: Readyz) =>
      warnings.filter((why) => /0 of (the )?1 replicas/.test(why)).length === 2
    expect((await readyzWhen(stage.server, 'it warns', short)).code).toBe(200)
  })

  const certificates = makeCertificates()
  const others = makeCertificates()
  afterAll(() => {
    certificates.remove()
    others.remove()
  })

  nodeTest('[R15] TLS, and a certificate that nobody vouches for', async (stage) => {
    const port = await freePort()
    const { ca, certificate, key } = certificates
    const tls = ['--tls-cert-file', certificate, '--tls-key-file', key, '--tls-ca-cert-file', ca]
    const store = await redis(stage, [
      '--tls-port',
      String(port),
      '--tls-auth-clients',
      'no',
      ...tls,
    ])
    const url = `rediss://127.0.0.1:${port}`
    const unknown = await stage.start(['--redis', url])
    await says(unknown, /certificate/i)
    const wrong = await stage.start(['--redis', url, '--redis-ca', others.ca])
    await says(wrong, /certificate/i)
    // Neither does one speak TLS with a port that does not, nor the other way round.
    const plain = await stage.start(['--redis', `redis://127.0.0.1:${port}`])
    await says(plain, /^Redis cannot be reached/)
    const toPlain = await stage.start(['--redis', store.url.replace('redis:', 'rediss:')])
    await says(toPlain, /^Redis cannot be reached/)
    await stage.start(['--redis', url, '--redis-ca', ca])
    await works(stage)
    for (const server of [unknown, wrong, plain, toPlain]) {
      expect(server.exited).toBe(false)
      // Of the two connections each may be refused in its way.
      const told = linesOf(server, 'redis cannot be reached').length
      expect([1, 2], server.output.join('\n')).toContain(told)
    }
  })
})

test('[R7] an option that cannot be right ends it with 2, in one line', async () => {
  const wrong: readonly (readonly [string[], RegExp])[] = [
    // Seen when options are read, and when what they name is.
    [['--redis', 'redis://h', '--store', 'memory'], /both say where/],
    [['--redis', 'rediss://h/x'], /database that is not a number/],
  ]
  const ends = wrong.map(async ([flags, line]) => {
    const { code, stderr } = await endOf(flags)
    expect(stderr).toMatch(line)
    expect(stderr.trim().split('\n')).toHaveLength(1)
    expect(code, stderr).toBe(2)
  })
  await Promise.all(ends)
})

function endOf(flags: readonly string[]): Promise<{ code: number | null; stderr: string }> {
  return new Promise((resolve) => {
    const child = execFile(
      process.execPath,
      [MAIN, '--port', '0', ...flags],
      (_error, _out, stderr) => {
        resolve({ code: child.exitCode, stderr })
      },
    )
  })
}
