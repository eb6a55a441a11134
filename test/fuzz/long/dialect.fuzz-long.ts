import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { isDeepStrictEqual } from 'node:util'
import { expect } from 'vitest'
import * as Y from 'yjs'
import { checkUpdate } from '../../../src/crdt/check.ts'
import { areEqual, canonical } from '../../support/checker.ts'
import { until } from '../../support/deadline.ts'
import * as frames from '../../support/frames.ts'
import { RawClient } from '../../support/raw-client.ts'
import { residentOf } from '../../support/resident.ts'
import { Seeded, seedOfRun } from '../../support/seeded.ts'
import { ownStageTest, type Stage } from '../../support/stage.ts'
import { STOCK_VERSIONS, type StockClient } from '../../support/stock-clients.ts'
import { Bytes } from '../bytes.ts'
import { fuzzTime, realUpdates, spoiled, strangeAwareness, strangeUpdate } from './corpus.ts'
import { forgedIn, shown } from './shown.ts'

const ENTITIES = 3
/** Strangers at a time. */
const SOCKETS = 16
/** Small updates of a few hundred clients: a server that needs more leaks. */
const MOST_MEMORY = 600 * 1024 * 1024
/** So that what was accepted is compacted all the time, and refused snapshots show. */
const FLAGS = ['--pace-compact-entries', '40', '--pace-compact-quiet', '1s', '--pace-idle', '2s']
/** How long all of a strange entity is read on before the next one: documents only grow. */
const ENTITY_MS = 20_000

/**
 * One frame of a stranger who is not refused: what it holds may have no sense, but the checker takes
 * it. A refusal ends a visit, so that most of what is behind the checker is seen only this way.
 */
function soundFrame(random: Seeded, corpus: readonly Uint8Array[]): Uint8Array {
  const update = soundUpdate(random, corpus)
  return random.pick([
    () => frames.update(update),
    () => frames.update(update),
    () => frames.update(update),
    () => frames.step2(update),
    () => frames.step1(),
    () => frames.awarenessBody(strangeAwareness(random)),
    () => frames.marker(random.int(0, 2 ** 31)),
    () => frames.query(),
    () => new Bytes().raw(frames.update(update)).raw(frames.step1()).done(),
  ])()
}

function soundUpdate(random: Seeded, corpus: readonly Uint8Array[]): Uint8Array {
  for (let tries = 0; tries < 20; tries++) {
    const bytes = strangeUpdate(random, corpus)
    try {
      return checkUpdate(bytes).bytes.slice()
    } catch {
      // The next one.
    }
  }
  return random.pick(corpus)
}

/** One frame of a stranger: sound, strange inside, or strange itself. */
function strangeFrame(random: Seeded, corpus: readonly Uint8Array[]): Uint8Array {
  const body = () => (random.chance(0.3) ? random.pick(corpus) : strangeUpdate(random, corpus))
  const frame = random.pick([
    () => frames.update(body()),
    () => frames.update(body()),
    () => frames.step2(body()),
    () => frames.step1(spoiled(random, Uint8Array.of(1, random.int(0, 127), random.int(0, 127)))),
    () => frames.awarenessBody(strangeAwareness(random)),
    () => frames.marker(random.int(0, 2 ** 31)),
    () => frames.query(),
    () => random.bytes(random.int(0, 40)),
    // Several messages, and what is none.
    () => new Bytes().raw(frames.update(body())).raw(frames.step1()).byte(0, 0).done(),
  ])()
  return random.chance(0.15) ? spoiled(random, frame) : frame
}

const HOCUSPOCUS = Buffer.from('Hocuspocus is not spoken here').toString('hex')

/**
 * A marker comes back byte for byte, also one that is no number; and whose first words are by chance
 * those of another protocol is told so in that.
 */
const isExpected = (unreadable: string): boolean =>
  /: 66[\da-f]*$/.test(unreadable) || unreadable.includes(HOCUSPOCUS)

/** A stranger comes, says some things, and goes in one way or another. */
async function visit(url: string, random: Seeded, corpus: readonly Uint8Array[]): Promise<number> {
  // Whoever sent nonsense is kept out of the entity for a minute, by address.
  const localAddress = `127.${random.int(1, 250)}.${random.int(0, 250)}.${random.int(1, 250)}`
  const client = await RawClient.open(url, { deadline: 20_000, ws: { localAddress } })
  let said = 0
  if (random.chance(0.7)) client.send(frames.step1())
  const frame = random.chance(0.6) ? soundFrame : strangeFrame
  for (let left = random.int(1, 60); left > 0 && !client.isClosed; left--, said++) {
    client.send(random.chance(0.01) ? 'a text frame' : frame(random, corpus))
    if (random.chance(0.2)) await pause(random.int(0, 5))
  }
  const unreadable = client.unreadable.filter((one) => !isExpected(one))
  expect(unreadable, 'frames that nobody can read').toEqual([])
  // Unread bytes would go with the socket.
  await pause(random.int(0, 30))
  if (random.chance(0.9)) client.terminate()
  else if (!client.isClosed) await client.close()
  return said
}

/** Two stock clients that go on working in an entity while strangers are in it. */
class Pair {
  readonly id: string
  readonly clients: readonly [StockClient, StockClient]
  /** Only listens, and keeps what the others collect. */
  readonly #witness: StockClient
  readonly #written: string[] = []
  /** Copies differ in what a stranger forged, where they differ in Yjs itself, and in nothing else. */
  forgedMatters = false
  /** Yjs failed in a client when it collected what was forged (SPEC.md says how): it is stuck. */
  isWedged = false
  isUnstable = false

  constructor(stage: Stage, random: Seeded) {
    this.id = stage.entity()
    const client = (doc = new Y.Doc()) =>
      stage.stock(random.pick(STOCK_VERSIONS), this.id, { doc, deadline: 30_000 })
    this.clients = [client(), client()]
    this.#witness = client(new Y.Doc({ gc: false }))
  }

  get all(): readonly StockClient[] {
    return [...this.clients, this.#witness]
  }

  write(random: Seeded): void {
    const mark = `mark-${this.#written.length}`
    random.pick(this.clients).doc.getArray<string>('marks').push([mark])
    this.#written.push(mark)
  }

  /** Both have all that both did, and hold the same. */
  async converge(): Promise<void> {
    const [one, other] = this.clients
    const settled = () => this.#agree(one.doc, other.doc) || this.clients.some(isStuck)
    await until(`${this.id} in sync`, 30_000, settled, 100)
    this.isWedged = this.clients.some(isStuck)
    if (this.isWedged) {
      expect(forgedIn(this.#witness.doc).isAny, `${this.id} is stuck, and nothing was forged`).toBe(
        true,
      )
      return
    }
    for (const { doc } of this.clients) expect(this.#lost(doc)).toEqual([])
  }

  #agree(one: Y.Doc, other: Y.Doc): boolean {
    if (areEqual([one, other])) return true
    // Some documents have no canonical form: Yjs gives equal ones of other bytes (decision 003).
    if (isDeepStrictEqual(shown(one), shown(other))) return true
    const forged = forgedIn(this.#witness.doc)
    this.forgedMatters = isDeepStrictEqual(shown(one, forged), shown(other, forged))
    return this.forgedMatters
  }

  /** Yjs itself gives another document when it loads what it encoded (decision 003). */
  #isUnstable(doc: Y.Doc): boolean {
    const forged = forgedIn(this.#witness.doc)
    const again = new Y.Doc()
    Y.applyUpdate(again, Y.encodeStateAsUpdate(doc))
    this.isUnstable = !isDeepStrictEqual(shown(again, forged), shown(doc, forged))
    return this.isUnstable
  }

  #lost(doc: Y.Doc): string[] {
    const there = new Set(doc.getArray<string>('marks').toArray())
    return this.#written.filter((mark) => !there.has(mark))
  }

  /** The stored entity, as somebody sees it who was never there. */
  async isStored(stage: Stage): Promise<void> {
    const cold = await stage.raw(this.id, { deadline: 30_000 })
    const stored = await cold.join()
    const [{ doc }] = this.clients
    await cold.close()
    expect(this.#lost(stored)).toEqual([])
    if (!this.#agree(stored, doc) && !this.#isUnstable(doc)) {
      const forged = forgedIn(this.#witness.doc)
      const kept = keepForLater(this.id, { stored, doc, witness: this.#witness.doc })
      expect(shown(stored, forged), `both are in ${kept}`).toEqual(shown(doc, forged))
    }
    expect(canonical(doc).length).toBeGreaterThan(2)
  }

  end(): void {
    for (const client of this.all) client.end()
  }
}

/** @returns the folder. */
function keepForLater(id: string, docs: Record<string, Y.Doc>): string {
  const folder = mkdtempSync(join(tmpdir(), `tributary-fuzz-${id}-`))
  for (const [name, doc] of Object.entries(docs)) {
    writeFileSync(join(folder, `${name}.bin`), Y.encodeStateAsUpdate(doc))
  }
  return folder
}

/** Its document emits nothing any more. */
const isStuck = ({ doc }: StockClient): boolean => doc._transactionCleanups.length > 0

const seed = seedOfRun()

ownStageTest(
  `strangers on sockets harm nobody (seed ${seed})`,
  async (stage) => {
    const end = performance.now() + fuzzTime()
    const random = new Seeded(seed)
    const server = await stage.start(FLAGS)
    let said = 0
    let visits = 0
    let peak = 0
    const done: Pair[] = []
    for (let turn = 0; performance.now() < end; turn++) {
      const corpus = realUpdates(random, 10)
      const pairs = Array.from({ length: ENTITIES }, () => new Pair(stage, random))
      await Promise.all(pairs.flatMap(({ all }) => all.map((client) => client.synced())))
      const until = Math.min(end, performance.now() + ENTITY_MS)
      const stranger = async (number: number) => {
        const own = new Seeded(seed + 1_000 * turn + number)
        while (performance.now() < until) {
          const messages = await visit(`${stage.door}/${own.pick(pairs).id}`, own, corpus)
          said += messages
          visits++
        }
      }
      const write = setInterval(() => random.pick(pairs).write(random), 20)
      try {
        await Promise.all(Array.from({ length: SOCKETS }, (_, number) => stranger(number)))
      } finally {
        clearInterval(write)
      }
      for (const pair of pairs) await pair.converge()
      peak = Math.max(peak, residentOf(server.pid))
      expect(peak, `SEED=${seed} memory`).toBeLessThan(MOST_MEMORY)
      for (const pair of pairs) pair.end()
      done.push(...pairs)
    }
    const metrics = await stage.metrics()
    const counts = {
      visits,
      said,
      refused: metrics.sum('refusals_total', { code: 'malformed' }),
      compactions: metrics.sum('compactions_total', { result: 'committed' }),
      megabytes: Math.round(peak / 2 ** 20),
    }
    console.info(`SEED=${seed} dialect: ${JSON.stringify(counts)}`)
    expect(metrics.sum('compactions_total', { result: 'failed' })).toBe(0)
    expect(metrics.sum('stored_values_damaged_total')).toBe(0)
    expect(metrics.sum('handler_errors_total')).toBe(0)
    expect(counts.refused).toBeGreaterThan(0)
    expect(server.exited).toBe(false)
    for (const how of ['stop', 'kill'] as const) {
      await stage.restart(how)
      for (const pair of done) if (!pair.isWedged) await pair.isStored(stage)
      expect((await stage.metrics()).sum('stored_values_damaged_total')).toBe(0)
    }
    const forged = done.filter(({ forgedMatters }) => forgedMatters).length
    const unstable = done.filter(({ isUnstable }) => isUnstable).length
    const wedged = done.filter(({ isWedged }) => isWedged).length
    console.info(
      `SEED=${seed} of ${done.length} entities ${forged} differ in what was forged, ${unstable} in what Yjs makes of its own bytes, ${wedged} have a client that is stuck with it`,
    )
  },
  { timeout: fuzzTime() + 5 * 60_000 },
)
