import { describe, expect, test } from 'vitest'
import { NO_BRANCH } from '../../src/core/branch.ts'
import { SILENT } from '../../src/core/logger.ts'
import { type Epoch, ORIGIN, type Position } from '../../src/core/position.ts'
import { contentOf } from '../../src/log/chain.ts'
import { Feeds } from '../../src/log/feeds.ts'
import { Lane } from '../../src/log/lane.ts'
import type { Entry, LogRead } from '../../src/log/log.ts'
import { entry, key, Notes } from '../contract/store.ts'

const A = key('a')

/** A log that a test plays by hand: what is durable, and when a read of it comes back. */
class PlayedLog {
  readonly feeds = new Feeds(SILENT)
  readonly #lane = new Lane(NO_BRANCH)
  readonly #mint = () => 'abc'
  #entries: Entry[] = []
  #answer: (() => void) | null = null

  get head(): Position {
    return this.#lane.head
  }

  /** Durable. @returns a function that tells the feeds of it, as the reply of a thread would. */
  append(id: string): () => void {
    const placed = this.#lane.place(id, undefined, this.#mint)
    if (placed.is === 'known') throw new Error('an id was used twice')
    const one = { position: placed.position, ...contentOf(entry(id)) }
    this.#entries.push(one)
    return () => this.feeds.entry(A, one, placed.previous)
  }

  remove(): () => void {
    const head = this.#lane.remove(this.#mint)
    this.#entries = []
    return () => this.feeds.reset(A, head)
  }

  /** Subscribes from the start; the read sees what is durable now, and comes back on `answer`. */
  subscribe(notes: Notes, after = ORIGIN) {
    const read: LogRead =
      after.epoch === ORIGIN.epoch || after.epoch === this.head.epoch
        ? {
            is: 'entries',
            entries: [...this.#entries],
            head: this.head,
            tombstone: null,
            skipped: [],
          }
        : { is: 'reset', head: this.head }
    return this.feeds.subscribe(A, notes, () => {
      return new Promise((resolve) => {
        this.#answer = () => resolve(read)
      })
    })
  }

  answer(): void {
    this.#answer?.()
  }
}

describe('[L9] a feed', () => {
  test('holds what comes while it reads, and drops of it what the read has shown', async () => {
    const log = new PlayedLog()
    log.append('a1')()
    const tellLate = log.append('a2')
    const notes = new Notes()
    const subscribed = log.subscribe(notes)
    tellLate()
    log.append('a3')()
    expect(notes.told).toEqual([])
    log.answer()
    await subscribed
    expect(notes.told).toEqual(['a1', 'a2', 'a3'])
  })

  test('drops what the read has shown also when the news is later than the read', async () => {
    const log = new PlayedLog()
    const tellLate = log.append('a1')
    const notes = new Notes()
    const subscribed = log.subscribe(notes)
    log.answer()
    await subscribed
    tellLate()
    log.append('a2')()
    expect(notes.told).toEqual(['a1', 'a2'])
  })

  test('is told of a removal once, whether the read or the news brings it', async () => {
    const log = new PlayedLog()
    log.append('a1')()
    const before = log.head
    const tellLast = log.append('a2')
    const tellRemoval = log.remove()
    const [byRead, byNews] = [new Notes(), new Notes()]
    const first = log.subscribe(byRead, before)
    log.answer()
    await first
    tellLast()
    tellRemoval()
    expect(byRead.told).toEqual(['reset@0'])
    const second = log.subscribe(byNews)
    log.answer()
    await second
    log.append('b1')()
    log.remove()()
    expect(byRead.told).toEqual(['reset@0', 'b1', 'reset@0'])
    expect(byNews.told).toEqual(['b1', 'reset@0'])
  })

  test('is reset where an entry does not continue what it has', async () => {
    const log = new PlayedLog()
    const notes = new Notes()
    const subscribed = log.subscribe(notes)
    log.answer()
    await subscribed
    log.append('a1')()
    log.append('a2')
    log.append('a3')()
    log.append('a4')()
    expect(notes.told).toEqual(['a1', 'reset@3', 'a4'])
    // The same offset and check of another history.
    const strange: Position = { ...log.head, epoch: '0.other' as Epoch }
    const one = { position: { ...strange, offset: 5 }, ...contentOf(entry('x')) }
    log.feeds.entry(A, one, strange)
    expect(notes.told.at(-1)).toBe('reset@5')
  })

  test('that is closed while it reads is told nothing', async () => {
    const log = new PlayedLog()
    log.append('a1')()
    const notes = new Notes()
    const subscribed = log.subscribe(notes)
    log.feeds.close()
    log.answer()
    await subscribed
    log.append('a2')()
    expect(notes.told).toEqual([])
    expect(log.feeds.has(A)).toBe(false)
  })

  test('whose read fails is gone, and says so', async () => {
    const feeds = new Feeds(SILENT)
    const read = () => Promise.reject(new Error('no disk'))
    await expect(feeds.subscribe(A, new Notes(), read)).rejects.toThrow('no disk')
    expect(feeds.has(A)).toBe(false)
  })
})
