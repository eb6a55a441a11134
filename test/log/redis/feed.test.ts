import { beforeEach, describe, expect, test } from 'vitest'
import { epochOf, FIRST_CHECK, ORIGIN, type Position } from '../../../src/core/position.ts'
import { contentOf, nextCheck } from '../../../src/log/chain.ts'
import type { Entry, LogRead } from '../../../src/log/log.ts'
import { RedisFeed } from '../../../src/log/redis/feed.ts'
import { entry, Notes } from '../../contract/store.ts'
import { ManualClock } from '../../support/manual-clock.ts'

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
  let failed: number
  let strayed: number
  const newFeed = () =>
    new RedisFeed(notes, {
      clock,
      read: (after) => log.read(after),
      failed: () => failed++,
      strayed: () => strayed++,
      left: (_, error) => left.push(error),
    })
  beforeEach(async () => {
    log = new PlayedLog()
    clock = new ManualClock()
    notes = new Notes()
    left = []
    failed = 0
    strayed = 0
    feed = newFeed()
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
    const owns = [a2, a4].map((own) => Promise.resolve(feed.own(own)).then(() => resolved++))
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

  /** What the others have is another history from here on: a replica was promoted. */
  const failOverTo = (offset: number) => {
    log.entries.splice(offset)
    log.head = (log.entries[offset - 1] as Entry).position
  }
  const unfinished = (own: unknown) => {
    const outcome = { is: 'waiting' as unknown }
    void Promise.resolve(own).then((is) => Object.assign(outcome, { is }))
    return outcome
  }

  test('[L63] an own answer ahead that the log has lost is missed, though the next entry fits', async () => {
    log.append('b1')
    const own = unfinished(feed.own(log.append('a2')))
    failOverTo(1)
    feed.tell(log.append('c1'))
    expect(notes.told).toEqual(['c1'])
    clock.advance(50)
    await settled()
    expect([notes.told, own.is, strayed]).toEqual([['c1', 'reset@2'], 'lost', 1])
    feed.tell(log.append('c2'))
    expect([notes.told.at(-1), log.reads, clock.pending]).toEqual(['c2', 1, 0])
  })

  test('[L63] it is missed as well where another entry comes in its place', async () => {
    log.append('b1')
    const own = unfinished(feed.own(log.append('a2')))
    failOverTo(1)
    for (const id of ['c1', 'c2', 'c3']) feed.tell(log.append(id))
    await settled()
    expect([notes.told, own.is]).toEqual([['c1', 'reset@3', 'c3'], 'lost'])
    expect([log.reads, clock.pending]).toEqual([0, 0])
  })

  test('[L63] one at an offset that was told otherwise is a fork, whatever follows it', async () => {
    for (const id of ['a', 'b', 'c']) feed.tell(log.append(id))
    failOverTo(3)
    const mine = log.append('mine')
    log.append('theirs')
    const own = unfinished(feed.own(mine))
    await settled()
    expect([notes.told, own.is]).toEqual([['a', 'b', 'c', 'reset@5'], 'lost'])
  })

  test('[L63] so is one in a log that has become shorter than what was told', async () => {
    for (const id of ['a', 'b', 'c', 'd']) feed.tell(log.append(id))
    failOverTo(3)
    const own = unfinished(feed.own(log.append('mine')))
    await settled()
    expect([notes.told.at(-1), own.is]).toEqual(['reset@4', 'lost'])
  })

  test('[L63] an answer that comes late is looked for where it should be', async () => {
    const own = log.append('a1')
    feed.tell(own)
    for (let i = 0; i < 20; i++) feed.tell(log.append(`b${i}`))
    expect(await feed.own(own)).toBe('there')
    expect([notes.told.length, log.reads, strayed]).toEqual([21, 1, 0])
    const lost = { ...own.entry, position: { ...own.entry.position, check: 'f'.repeat(16) } }
    expect(await feed.own({ ...own, entry: lost })).toBe('lost')
    expect([notes.told.at(-1), strayed]).toEqual(['reset@22', 1])
  })

  test('[L63] it is no proof of what was told behind it', async () => {
    const own = log.append('a1')
    feed.tell(own)
    for (let i = 0; i < 20; i++) feed.tell(log.append(`b${i}`))
    failOverTo(2)
    expect(await feed.own(own)).toBe('lost')
    expect(notes.told.at(-1)).toBe('reset@2')
  })

  test('[L54] a read from before the log began says nothing about what came since', async () => {
    log = new PlayedLog()
    feed = newFeed()
    await feed.begin(ORIGIN)
    log.isSlow = true
    feed.catchUp()
    feed.tell(log.append('a1'))
    log.answer()
    await settled()
    feed.tell(log.append('a2'))
    await settled()
    expect([notes.told, log.reads]).toEqual([['a1', 'a2'], 2])
  })

  test('[L63] what is answered while a read is under way is held against the next one', async () => {
    log.append('b1')
    log.isSlow = true
    feed.catchUp()
    const { entry: late } = log.append('a2')
    const own = unfinished(feed.reached(late.position))
    log.answer()
    await settled()
    expect([notes.told, own.is]).toEqual([['b1'], 'waiting'])
    clock.advance(50)
    log.answer()
    await settled()
    expect([notes.told, own.is, strayed]).toEqual([['b1', 'a2'], 'there', 0])
  })

  test('[L54] more than can be kept while it reads is read for', async () => {
    log.isSlow = true
    log.append('first')
    feed.catchUp()
    const all = Array.from({ length: 400 }, (_, i) => log.append(`b${i}`))
    for (const news of all) feed.tell(news)
    for (let i = 0; i < 2; i++) {
      log.answer()
      await settled()
    }
    expect(notes.told).toHaveLength(401)
    expect(log.reads).toBe(2)
  })

  test('[L54] a log that is always busy is read once', async () => {
    log.append('b0')
    log.isSlow = true
    feed.tell(log.append('b1'))
    for (let i = 2; i < 20; i++) feed.tell(log.append(`b${i}`))
    log.answer()
    await settled()
    expect([notes.told.length, log.reads]).toEqual([20, 1])
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

  test('a read that fails keeps nobody waiting, and is reported', async () => {
    log.isAway = true
    log.append('b1')
    const own = feed.own(log.append('a2'))
    clock.advance(50)
    await own
    expect([notes.told, failed]).toEqual([[], 1])
    log.isAway = false
    feed.catchUp()
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
