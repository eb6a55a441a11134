import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { readOptions } from '../../src/ops/read-options.ts'
import {
  copied,
  imageEnvironment,
  readCompose,
  readDockerfile,
  restsOf,
} from '../support/deployment.ts'

const ROOT = fileURLToPath(new URL('../../', import.meta.url))
const SECRET = 'a secret of the tests, longer than 32 bytes'
const stages = readDockerfile()
const [builder = [], image = []] = stages

describe('[H33] docker-compose.yml', () => {
  const compose = readCompose({ TRIBUTARY_AUTH_SECRET: SECRET })
  const { redis, nginx } = compose.services
  const nodes = [compose.services['node-a'], compose.services['node-b']]

  test.each([{}, { TRIBUTARY_AUTH_SECRET: '' }])('is refused without a secret: %j', (variables) => {
    expect(() => readCompose(variables)).toThrow(/^TRIBUTARY_AUTH_SECRET is not set, /)
  })

  test('holds no secret itself', () => {
    const text = readFileSync(join(ROOT, 'docker-compose.yml'), 'utf8')
    expect(text.match(/SECRET\S*/g)).toEqual(['SECRET=$(openssl', 'SECRET:', 'SECRET:?is'])
    expect(readFileSync(join(ROOT, '.gitignore'), 'utf8').split('\n')).toContain('.env')
  })

  test('has a Redis that keeps everything, on disk', () => {
    const words = redis.command ?? []
    const given = Object.fromEntries(words.slice(1).map((word, at) => [word, words[at + 2]]))
    expect(given).toMatchObject({
      '--appendonly': 'yes',
      '--appendfsync': 'always',
      '--no-appendfsync-on-rewrite': 'no',
      '--maxmemory-policy': 'noeviction',
    })
    expect(redis.volumes).toEqual(['redis:/data'])
    expect(redis.ports).toBe(undefined)
  })

  test('has two nodes alike, with options that there are, and with authentication', () => {
    const [a, b] = nodes.map(({ command, environment, build, depends_on }) => {
      return { command, environment, build, depends_on }
    })
    expect(a).toEqual(b)
    for (const { command = [], environment = {} } of nodes) {
      const variables = { ...imageEnvironment(image), ...environment }
      const reading = readOptions(command, variables)
      expect(reading).toMatchObject({
        is: 'run',
        warnings: [],
        config: { host: '0.0.0.0', port: 8787, authSecret: SECRET, redis: 'redis://redis:6379' },
      })
    }
  })

  test('starts each when what it needs is well, and gives a node the time to stop in order', () => {
    for (const node of nodes) {
      expect(node.depends_on).toEqual({ redis: { condition: 'service_healthy' } })
      expect(Number.parseInt(node.stop_grace_period ?? '', 10)).toBeGreaterThan(10)
    }
    expect(nginx.depends_on).toEqual({
      'node-a': { condition: 'service_healthy' },
      'node-b': { condition: 'service_healthy' },
    })
    expect([redis, nginx].every(({ healthcheck }) => healthcheck !== undefined)).toBe(true)
    expect(restsOf(image, 'HEALTHCHECK')).toHaveLength(1)
  })

  test('opens nothing but ports of this machine', () => {
    const ports = Object.values(compose.services).flatMap((service) => service.ports ?? [])
    expect(ports).toEqual(['127.0.0.1:8781:8787', '127.0.0.1:8782:8787', '127.0.0.1:8080:8080'])
  })

  test('lets nginx pass everything on as it came, to whom it trusts', () => {
    const { content = '' } = compose.configs.nginx ?? {}
    const addresses = nodes.map(({ networks }) => networks?.default.ipv4_address)
    const servers = [...content.matchAll(/^ *server (\S+):8787 /gm)].map(([, address]) => address)
    expect(servers).toEqual(addresses)
    // An address behind it would make nginx decode the path.
    expect(content).toMatch(/proxy_pass http:\/\/nodes;/)
    const [, timeout] = /proxy_read_timeout (\d+)s/.exec(content) ?? []
    expect(Number(timeout)).toBeGreaterThan(2 * 20)
    const own = nginx.networks?.default.ipv4_address
    for (const { command = [] } of nodes) {
      expect(command[command.indexOf('--trust-proxy') + 1]).toBe(own)
    }
  })
})

describe('[H34] the image', () => {
  test('is built of files that are there and not ignored, and of no others', () => {
    const files = copied(builder).flatMap(({ files: some }) => some)
    expect(files.filter((file) => !existsSync(join(ROOT, file)))).toEqual([])
    const [first, ...kept] = readFileSync(join(ROOT, '.dockerignore'), 'utf8')
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('#'))
    expect(first).toBe('*')
    expect(kept.toSorted()).toEqual(files.map((file) => `!${file}`).toSorted())
  })

  test('holds what runs, without tools, as a user that is not root', () => {
    expect(restsOf(image, 'FROM')).toEqual(['node:20-bookworm-slim'])
    expect(restsOf(image, 'USER')).toEqual(['node'])
    expect(image.findIndex(({ name }) => name === 'USER')).toBeGreaterThan(
      image.findLastIndex(({ name }) => name === 'RUN' || name === 'COPY'),
    )
    expect(restsOf(builder, 'RUN').at(-1)).toBe(
      'npm run build && node scripts/with-stores.mjs && npm prune --omit=dev',
    )
    expect(restsOf(image, 'STOPSIGNAL')).toEqual(['SIGTERM'])
    const texts = stages.flat().map(({ rest }) => rest)
    expect(texts.filter((text) => /secret|password|token/i.test(text))).toEqual([])
  })

  test('ends at once when it is started without authentication', () => {
    const reading = readOptions([], imageEnvironment(image))
    expect(reading).toMatchObject({ is: 'refused' })
    expect(reading.is === 'refused' && reading.line).toMatch(/^--host 0\.0\.0\.0 would let in/)
  })
})
