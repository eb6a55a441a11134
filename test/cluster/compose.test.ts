import { execFileSync, spawnSync } from 'node:child_process'
import { symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect } from 'vitest'
import { Acks } from '../support/acks.ts'
import { areEqual, equalityFaults } from '../support/checker.ts'
import { Composed } from '../support/composed.ts'
import { Crowd, PATIENCE } from '../support/crowd.ts'
import { until } from '../support/deadline.ts'
import {
  copied,
  execForm,
  linkProduction,
  readCompose,
  readDockerfile,
  restsOf,
  STORES,
} from '../support/deployment.ts'
import { readMetrics } from '../support/metrics.ts'
import { readyzWhen } from '../support/readiness.ts'
import type { ServerProcess } from '../support/spawn-server.ts'
import { ownStageTest } from '../support/stage.ts'
import { STOCK_VERSIONS, type StockClient } from '../support/stock-clients.ts'

const ROOT = fileURLToPath(new URL('../../', import.meta.url))
const MAIN = join(ROOT, 'dist/main.js')
const SECRET = 'a secret of the tests, longer than 32 bytes'
const compose = readCompose({ TRIBUTARY_AUTH_SECRET: SECRET })

/** By the command that the head of the file names. */
function tokenFor(grant: string): string {
  const [, ...command] = execForm(readDockerfile().at(-1) ?? [], 'ENTRYPOINT')
  expect(command).toEqual(['dist/main.js'])
  const argv = [MAIN, 'token', '--sub', 'ann', '--grant', grant]
  return execFileSync(process.execPath, argv, {
    env: { TRIBUTARY_AUTH_SECRET: SECRET },
    encoding: 'utf8',
  }).trim()
}

const sessionsOn = async (node: ServerProcess) => (await readMetrics(node.url)).sum('sessions')

/** Each client writes something; resolves when all of it is durable. */
async function write(clients: readonly StockClient[], what: string): Promise<void> {
  let durable = 0
  for (const client of clients) {
    const acks = new Acks(client)
    client.doc.getArray('lines').push([`${what} of ${client.doc.clientID}`])
    client.doc.getMap('map').set(client.version, what)
    acks.when(() => durable++)
  }
  await until(`${what} is durable`, PATIENCE, () => durable === clients.length)
}

const inSync = (clients: readonly StockClient[]) =>
  until('all are equal', PATIENCE, () => areEqual(clients.map(({ doc }) => doc)), 20)

describe('[H33] docker-compose.yml, as processes of this machine', () => {
  ownStageTest(
    'clients come in through nginx to both nodes and edit one entity; a node that stops sends them to the other',
    async (stage) => {
      const composed = await Composed.start(compose, stage)
      const nodes = () => [composed.node('node-a'), composed.node('node-b')] as const
      for (const node of nodes()) {
        await readyzWhen(node, 'it is ready', ({ status, tier }) => {
          return status === 'ready' && tier === 'disk'
        })
      }
      const params = { token: tokenFor('notes/**:write') }
      const door = stage.doorAt(composed.port)
      // Two slashes and an escape that is none: nginx must leave the path as it is.
      const id = 'notes/to//day%41'
      const clients = [...STOCK_VERSIONS, ...STOCK_VERSIONS].map((version) =>
        stage.stock(version, id, { door, params, deadline: PATIENCE }),
      )
      await Promise.all(clients.map((client) => client.synced()))
      const [a, b] = nodes()
      expect([await sessionsOn(a), await sessionsOn(b)]).toEqual([3, 3])
      await write(clients, 'the first line')
      await inSync(clients)

      // The same entity for who asks a node itself.
      const direct = stage.stock('3.1.0', id, { door: `${wsOf(a)}/sync`, params })
      await direct.synced()
      await inSync([...clients, direct])
      direct.end()

      for (const [stopping, staying] of [
        ['node-a', 'node-b'],
        ['node-b', 'node-a'],
      ] as const) {
        expect(await composed.node(stopping).stop()).toEqual({ code: 0, signal: null })
        await until(
          'all are on the other node',
          PATIENCE,
          async () => {
            const count = await sessionsOn(composed.node(staying))
            return count === clients.length && clients.every(({ provider }) => provider.synced)
          },
          50,
        )
        await write(clients, `written without ${stopping}`)
        await inSync(clients)
        await composed.startNode(stopping)
      }

      const cold = stage.stock('2.1.0', id, { door, params })
      await cold.synced()
      const docs = [...clients, cold].map(({ doc, version }) => ({ name: version, doc }))
      expect(equalityFaults(docs)).toEqual([])
      expect(cold.doc.getArray('lines').length).toBe(3 * clients.length)
      // 3.1 gives up after 44xx; nobody was told to.
      expect(codesOf(clients).filter((code) => code >= 4400 && code < 4500)).toEqual([])
    },
    { timeout: 180_000 },
  )

  ownStageTest(
    'who has no token is not let in, nodes see the address of the client, and what is about one node is not to be had',
    async (stage) => {
      const composed = await Composed.start(compose, stage)
      const at = `http://127.0.0.1:${composed.port}`
      const statusOf = async (path: string) => (await fetch(at + path)).status
      expect(await Promise.all(['/healthz', '/', '/readyz', '/metrics'].map(statusOf))).toEqual([
        200, 200, 404, 404,
      ])
      const raw = await stage.raw('notes/today', {
        door: stage.doorAt(composed.port),
        ws: { localAddress: '127.0.0.7', headers: { 'X-Forwarded-For': '198.51.100.1' } },
        deadline: PATIENCE,
      })
      expect((await raw.closed).code).toBe(4401)
      const said = ['node-a', 'node-b'].flatMap((name) =>
        composed.node(name as 'node-a').output.filter((line) => line.includes('was not let in')),
      )
      expect(said.map((line) => (JSON.parse(line) as { address: string }).address)).toEqual([
        '127.0.0.7',
      ])
    },
    { timeout: 120_000 },
  )
})

describe('[H31] a rolling restart', () => {
  ownStageTest(
    'under load loses nothing that was acknowledged, and no client has to be loaded again',
    async (stage) => {
      const composed = await Composed.start(compose, stage, { open: true })
      const crowd = await Crowd.gather(
        stage,
        { clients: 12, entities: 4, updatesPerSecond: 120, seed: 19 },
        composed.port,
      )
      const clients = crowd.authors.map(({ client }) => client)
      const docs = clients.map(({ doc }) => doc)
      for (const name of ['node-a', 'node-b', 'node-a', 'node-b'] as const) {
        await crowd.acknowledged()
        expect(await composed.node(name).stop()).toEqual({ code: 0, signal: null })
        await crowd.acknowledged('acknowledgements flow while one node is away')
        await composed.startNode(name)
        await crowd.acknowledged()
      }
      await crowd.settle()
      await crowd.look('who comes through nginx', crowd.authors, composed.port)
      expect(codesOf(clients).filter((code) => code >= 4400 && code < 4500)).toEqual([])
      expect(clients.map(({ doc }) => doc)).toEqual(docs)
      expect(clients.every(({ provider }) => provider.shouldConnect)).toBe(true)
    },
    { timeout: 240_000 },
  )
})

describe('[H34] the image', () => {
  ownStageTest(
    'starts from just what is copied, with the packages of production, and is healthy',
    async (stage) => {
      const image = readDockerfile().at(-1) ?? []
      const root = stage.folder()
      for (const { from, files } of copied(image)) {
        expect(from).toBe('build')
        for (const file of files.map((path) => path.replace('/tributary/', ''))) {
          if (file === 'node_modules') linkProduction(root, STORES)
          else symlinkSync(join(ROOT, file), join(root, file))
        }
      }
      const [program, script = ''] = execForm(image, 'ENTRYPOINT')
      expect(program).toBe('node')
      const server = await stage.start([], {
        main: join(root, script),
        env: {
          TRIBUTARY_AUTH_SECRET: SECRET,
          // Packages are looked for beside the links, not beside what they lead to.
          NODE_OPTIONS: '--preserve-symlinks --preserve-symlinks-main',
        },
      })
      const [, check = ''] = /CMD (.*)$/.exec(restsOf(image, 'HEALTHCHECK')[0] ?? '') ?? []
      const [command = '', ...args] = JSON.parse(check) as string[]
      const isHealthy = () => {
        const env = { PATH: process.env.PATH, TRIBUTARY_PORT: String(stage.port) }
        return spawnSync(command, args, { env }).status === 0
      }
      expect(isHealthy()).toBe(true)
      expect(await server.stop()).toEqual({ code: 0, signal: null })
      expect(isHealthy()).toBe(false)
    },
    {},
  )
})

const codesOf = (clients: readonly StockClient[]) =>
  clients.flatMap(({ sockets }) => sockets.map(({ closedWith }) => closedWith ?? 0))

const wsOf = (node: ServerProcess) => node.url.replace('http', 'ws')
