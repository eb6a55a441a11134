import { describe, expect } from 'vitest'
import { clusterTest } from '../support/cluster-test.ts'
import { until } from '../support/deadline.ts'
import type { Metrics } from '../support/metrics.ts'
import { ownStageTest, type Stage } from '../support/stage.ts'
import { author } from '../support/tributary-authors.ts'

const PATIENCE = 30_000
const FLAGS = [
  ...['--limit-update-bytes', '20KB', '--limit-entity-bytes', '60KB'],
  ...['--pace-compact-quiet', '500ms'],
]

/** What somebody writes, by its length, and how it is answered whenever it comes once more. */
const WRITTEN = [
  [10, 'ack'],
  [30_000, 'update-too-large'],
  [15_000, 'ack'],
  [15_000, 'ack'],
  [15_000, 'ack'],
  [18_000, 'entity-full'],
  [10, 'ack'],
] as const
const ANSWERS = WRITTEN.map(([, answer]) => answer)

interface Server {
  readonly port: number
  metrics(): Promise<Metrics>
}

/** Sends edits, and does not hear a word of what becomes of them. @returns them. */
async function writeInVain(stage: Stage, server: Server, id: string): Promise<Uint8Array[]> {
  const writer = author()
  const edits = WRITTEN.map(([length]) => writer.write('x'.repeat(length)))
  const proxy = await stage.proxy(server.port)
  const client = await stage.connect({ port: proxy.port })
  const { channel } = await client.enter(id)
  await client.next('synced')
  proxy.let((_, towards) => towards === 'server')
  for (const [at, update] of edits.entries()) client.edit(channel, at + 1, update)
  await until('all of it is in the log', PATIENCE, async () => {
    const metrics = await server.metrics()
    const isAll = metrics.sum('updates_in_total') === edits.length
    return isAll && metrics.sum('pending_bytes') === 0
  })
  client.terminate()
  expect([...client.all('nack'), ...client.all('ack')]).toEqual([])
  return edits
}

/** How each is answered when it is sent once more. */
async function answersAt(stage: Stage, port: number, id: string, edits: readonly Uint8Array[]) {
  const client = await stage.connect({ port })
  const { channel } = await client.enter(id)
  await client.next('synced')
  for (const [at, update] of edits.entries()) client.edit(channel, at + 1, update)
  await until('all are answered', PATIENCE, () => client.all('ack').at(-1)?.batch === edits.length)
  const nacks = new Map(client.all('nack').map(({ batch, code }) => [batch, code]))
  client.terminate()
  return edits.map((_, at) => nacks.get(at + 1) ?? 'ack')
}

/** Whether any of them has compacted so often. */
const isCompacted = async (servers: readonly Server[], times: number) => {
  const all = await Promise.all(servers.map((server) => server.metrics()))
  return all.some((metrics) => metrics.sum('compactions_total', { result: 'committed' }) >= times)
}

describe('[V33] [V34] an edit whose refusal nobody heard is refused again', () => {
  clusterTest(
    'by another node, and by those that start when it is compacted and all were killed',
    async (cluster, stage) => {
      const [one, two] = [cluster.node(0), cluster.node(1)]
      const id = stage.entity()
      const edits = await writeInVain(stage, one, id)
      expect(await answersAt(stage, two.port, id, edits)).toEqual(ANSWERS)
      await until('it is compacted', PATIENCE, () => isCompacted([one, two], 1))
      for (const node of [one, two]) await node.kill()
      await two.start()
      expect(await answersAt(stage, two.port, id, edits)).toEqual(ANSWERS)
    },
    { nodes: 2, flags: FLAGS },
  )

  ownStageTest(
    'by a node alone that was killed, before and after it is compacted',
    async (stage) => {
      await stage.start(FLAGS)
      const id = stage.entity()
      const edits = await writeInVain(stage, stage, id)
      await stage.restart('kill')
      expect(await answersAt(stage, stage.port, id, edits)).toEqual(ANSWERS)
      // From the log into a first snapshot, and from that into the next.
      const other = await stage.connect()
      const { channel } = await other.enter(id)
      for (const batch of [1, 2]) {
        other.edit(channel, batch, author(batch + 1).write('y'))
        await until('it is compacted', PATIENCE, () => isCompacted([stage], batch))
      }
      await stage.restart('kill')
      expect(await answersAt(stage, stage.port, id, edits)).toEqual(ANSWERS)
    },
  )
})
