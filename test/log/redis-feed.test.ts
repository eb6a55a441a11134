import { beforeEach, describe, expect, test } from 'vitest'
import { epochOf, FIRST_CHECK, ORIGIN, type Position } from '../../src/core/position.ts'
import { contentOf, nextCheck } from '../../src/log/chain.ts'
import type { Entry, LogRead } from '../../src/log/log.ts'
import { RedisFeed } from '../../src/log/redis-feed.ts'
import { entry, Notes } from '../contract/store.ts'
import { ManualClock } from '../support/manual-clock.ts'

/** A log of another process, by hand: what is in it, and when a read of it is answered. */
class PlayedLog {
  entries: Entry[] = []
  head: Position = ORIGIN
  reads = 0
  isAway = false
  /** Reads wait until `answer`. */
  isSlow = false
  readonly #answers: (() => void)[] = []

  append(id: string) {
    const previous = this.head
    const epoch = previous.epoch === ORIGIN.epoch ? epochOf(0, 'abc') : previous.epoch
    const position = { epoch, offset: previous.offset + 1, check: nextCheck(previous.check, id) }
    const one: Entry = { position, ...contentOf(entry(id)) }
    this.entries.push(one)
    this.head = position
    return { is: 'entry', previous, entry: one } as const
  }

  remove() {
    this.entries = []
    this.head = { epoch: epochOf(1, 'xyz'), offset: 0, check: FIRST_CHECK }
    return { is: 'reset', head: this.head } as const
  }

  async read(after: Position): Promise<LogRead> {
    this.reads++
    if (this.isAway) throw new Error('Redis is away')
    const { head } = this
    const isThere =
      after.epoch === ORIGIN.epoch ||
      this.entries.some(({ position }) => position.check === after.check) ||
      (after.epoch === head.epoch && after.offset === 0)
    const entries = this.entries.filter(({ position }) => position.offset > after.offset)
    if (this.isSlow) await new Promise<void>((resolve) => this.#answers.push(resolve))
    return isThere
      ? { is: 'entries', entries, head, tombstone: null, skipped: [] }
      : { is: 'reset', head }
  }

  answer(): void {
    for (const resolve of this.#answers.splice(0)) resolve()
  }
}

const settled = () => new Promise((resolve) => setImmediate(resolve))

describe('[L54] a feed from channel, answers and reads', () => {
  let log: PlayedLog
  let clock: ManualClock
  let notes: Notes
  let feed: RedisFeed
  let left: (Error | null)[]
  beforeEach(async () => {
    log = new PlayedLog()
    clock = new ManualClock()
    notes = new Notes()
    left = []
    feed = new RedisFeed(notes, {
      clock,
      read: (after) => log.read(after),
      left: (_, error) => left.push(error),
    })
    // An entry is there: from the origin alone nobody could tell which history is meant.
    log.append('a0')
    await feed.begin(ORIGIN)
    log.reads = 0
    notes.told.length = 0
  })

  test('an own entry is told once, whether it is published or answered first', async () => {
    const a1 = log.append('a1')
    feed.tell(a1)
    await feed.own(a1)
    const a2 = log.append('a2')
    await feed.own(a2)
    feed.tell(a2)
    const a3 = log.append('a3')
    await feed.own(a3)
    feed.tell({ is: 'place', previous: a3.previous, position: a3.entry.position })
    await settled()
    expect(notes.told).toEqual(['a1', 'a2', 'a3'])
    expect([log.reads, clock.pending]).toEqual([0, 0])
  })

  test('an answer ahead of what others appended waits 50 ms, and then reads', async () => {
    const [b1, a2, b3, a4] = [
      log.append('b1'),
      log.append('a2'),
      log.append('b3'),
      log.append('a4'),
    ]
    let resolved = 0
    const owns = [a2, a4].map((own) => feed.own(own).then(() => resolved++))
    clock.advance(49)
    feed.tell(b1)
    await settled()
    expect([notes.told, resolved, log.reads]).toEqual([['b1', 'a2'], 1, 0])
    clock.advance(50)
    await settled()
    expect([notes.told, resolved, log.reads]).toEqual([['b1', 'a2', 'b3', 'a4'], 2, 1])
    feed.tell(b3)
    await Promise.all(owns)
    expect([log.reads, clock.pending]).toEqual([1, 0])
  })

  test('a gap on the channel is read for at once', async () => {
    log.append('b1')
    feed.tell(log.append('b2'))
    await settled()
    expect([notes.told, log.reads]).toEqual([['b1', 'b2'], 1])
    // A position alone is as good as a gap.
    const { previous, entry: large } = log.append('b3')
    feed.tell({ is: 'place', previous, position: large.position })
    await settled()
    expect([notes.told, log.reads]).toEqual([['b1', 'b2', 'b3'], 2])
  })

  test('what comes while it reads is neither lost nor told twice', async () => {
    log.append('b1')
    const b2 = log.append('b2')
    log.isSlow = true
    feed.tell(b2)
    const b3 = log.append('b3')
    feed.tell(b3)
    log.append('b4')
    const b5 = log.append('b5')
    feed.tell(b5)
    log.answer()
    await settled()
    log.answer()
    await settled()
    expect(notes.told).toEqual(['b1', 'b2', 'b3', 'b4', 'b5'])
  })

  test('another entry where it has been is a fork', async () => {
    for (const id of ['a1', 'a2', 'a3']) feed.tell(log.append(id))
    // A replica was promoted that had the first one only.
    log.entries.splice(2)
    log.head = (log.entries[1] as Entry).position
    feed.tell(log.append('b2'))
    await settled()
    expect(notes.told).toEqual(['a1', 'a2', 'a3', 'reset@3'])
    feed.tell(log.append('b3'))
    expect(notes.told.at(-1)).toBe('b3')
    expect(log.reads).toBe(1)
  })

  test('a removal is told at once, entries from before it no more', async () => {
    feed.tell(log.append('a1'))
    const late = log.append('a2')
    feed.tell(log.remove())
    feed.tell(late)
    feed.tell(log.append('b1'))
    await settled()
    expect(notes.told).toEqual(['a1', 'reset@0', 'b1'])
  })

  test('a read that fails keeps nobody waiting, and is tried again', async () => {
    log.isAway = true
    log.append('b1')
    const own = feed.own(log.append('a2'))
    clock.advance(50)
    await own
    expect(notes.told).toEqual([])
    log.isAway = false
    clock.advance(1_000)
    await settled()
    expect(notes.told).toEqual(['b1', 'a2'])
    expect(clock.pending).toBe(0)
  })

  test('closed it hears nothing, asks nothing and keeps nobody waiting', async () => {
    log.append('b1')
    const own = feed.own(log.append('a2'))
    feed.close()
    feed.close()
    await own
    feed.tell(log.append('b3'))
    feed.catchUp()
    clock.advance(10_000)
    await settled()
    expect([notes.told, log.reads, clock.pending, left]).toEqual([[], 0, 0, [null]])
  })
})
