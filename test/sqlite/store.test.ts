import { existsSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { SILENT } from '../../src/core/logger.ts'
import { ORIGIN } from '../../src/core/position.ts'
import { appendAll, entry, key, Notes, names, textsOf, update } from '../contract/store.ts'
import { until } from '../support/deadline.ts'
import { ManualClock } from '../support/manual-clock.ts'
import { type Opened, openFolder, THREADS, temporaryFolder } from '../support/sqlite-store.ts'

const A = key('a')
const B = key('b')

const CRAMPED = { ...THREADS, writer: new URL('../support/cramped-writer.mjs', import.meta.url) }

let folder: string
let clock: ManualClock
let lines: string[]
let opened: Opened

beforeEach(async () => {
  folder = temporaryFolder()
  clock = new ManualClock()
  lines = []
  const note = (event: string) => void lines.push(event)
  const logger = { ...SILENT, error: note, warn: note, info: note, with: () => logger }
  opened = await openFolder(folder, { threads: CRAMPED, storeClock: clock, logger })
})
afterEach(async () => {
  await opened.close()
  rmSync(folder, { recursive: true })
})

type Mishap = 'full' | 'full-held' | 'die' | 'die-after'
const flag = () => join(folder, 'tributary.db-mishap')
const begun = () => join(folder, 'tributary.db-begun')
const happen = (what: Mishap) => writeFileSync(flag(), what)
const texts = async (entity = A) => {
  const read = await opened.log.read(entity, ORIGIN)
  return read.is === 'entries' ? textsOf(read.entries) : read
}
/** Too large for the pages that are left. */
const large = (id: string) => entry(id, { update: update('x'.repeat(30_000)) })

describe('[L35] a full disk', () => {
  test('is no acknowledgement, leaves nothing, harms no reader, and passes', async () => {
    const { log, store } = opened
    await appendAll(log, A, ['a1', 'a2'])
    expect(store.trouble).toBeNull()
    happen('full')
    const error: unknown = await log.append(A, large('a3')).catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({ code: 'storage', cause: { code: 'SQLITE_FULL' } })
    expect(store.trouble).toBe(error)
    expect(lines).toEqual(['storage failed'])
    expect(await texts()).toEqual(['a1', 'a2'])
    rmSync(flag())
    const { position } = await log.append(A, entry('a3'))
    expect(position.offset).toBe(3)
    expect(store.trouble).toBeNull()
    expect(lines).toEqual(['storage failed', 'storage recovered'])
    expect(clock.pending, 'no probe is left').toBe(0)
    expect(await texts()).toEqual(['a1', 'a2', 'a3'])
  })

  test('is looked at again by itself: nobody has to write to learn that it is over', async () => {
    const { log, store } = opened
    happen('full')
    await expect(log.append(A, large('a1'))).rejects.toMatchObject({ code: 'storage' })
    clock.advance(1_000)
    await until('the probe has failed, and waits for the next', 5_000, () => clock.pending === 1)
    expect(store.trouble).not.toBeNull()
    rmSync(flag())
    clock.advance(1_000)
    await until('the store has recovered', 5_000, () => store.trouble === null)
    expect(clock.pending).toBe(0)
  })

  test('what is set aside is refused too, and no entry of the group is there', async () => {
    happen('full')
    const outcomes = await Promise.allSettled([
      opened.log.append(B, entry('b1')),
      opened.log.setAside(A, new Uint8Array(30_000), 'too large'),
    ])
    expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'rejected'])
    expect(await texts(B)).toEqual([])
  })
})

describe('[L4] behind an append that fails', () => {
  test('what was under way in the same log is rejected, in others it goes on', async () => {
    const { log } = opened
    await appendAll(log, A, ['a1'])
    happen('full-held')
    const failing = log.append(A, large('a2')).catch((error: unknown) => error)
    await until('the writer has begun', 5_000, () => existsSync(begun()))
    const behind = Promise.allSettled([
      log.append(A, entry('a3')),
      log.append(B, entry('b1')),
      log.remove(A, new Map()),
      log.append(A, entry('a4')),
    ])
    rmSync(begun())
    expect(await failing).toMatchObject({ code: 'storage' })
    const statuses = (await behind).map(({ status }) => status)
    expect(statuses).toEqual(['rejected', 'fulfilled', 'rejected', 'rejected'])
    expect(await texts()).toEqual(['a1'])
    expect(await texts(B)).toEqual(['b1'])
    const again = await appendAll(log, A, ['a2', 'a3'])
    expect(again.map(({ offset }) => offset)).toEqual([2, 3])
  })

  test('one of an entity that had no log yet: the next one begins it', async () => {
    happen('full')
    await expect(opened.log.append(A, large('a1'))).rejects.toMatchObject({ code: 'storage' })
    rmSync(flag())
    const { position } = await opened.log.append(A, entry('a1'), { expect: ORIGIN })
    expect(position.offset).toBe(1)
    expect(await texts()).toEqual(['a1'])
  })
})

describe('[L37] a thread that dies', () => {
  test('before it has written: nothing is there, a new one goes on', async () => {
    await appendAll(opened.log, A, ['a1'])
    happen('die')
    await expect(opened.log.append(A, entry('a2'))).rejects.toMatchObject({ code: 'storage' })
    expect(await texts()).toEqual(['a1'])
    const [position] = await appendAll(opened.log, A, ['a2'])
    expect(position?.offset).toBe(2)
    expect(opened.store.trouble).toBeNull()
  })

  test('before it has answered: what it wrote is built upon, and no subscriber led past it', async () => {
    const notes = new Notes()
    await opened.log.subscribe(A, ORIGIN, notes)
    await appendAll(opened.log, A, ['a1'])
    happen('die-after')
    await expect(opened.log.append(A, entry('a2'))).rejects.toMatchObject({ code: 'storage' })
    await appendAll(opened.log, A, names('a', 3, 4))
    expect(await texts()).toEqual(names('a', 1, 4))
    expect(notes.told).toEqual(['a1', 'reset@3', 'a4'])
  })
})

describe('[L15] a closed store', () => {
  test('has settled what was under way, refuses all else, and frees its folder', async () => {
    const { log, store, snapshots } = opened
    const under = appendAll(log, A, names('a', 1, 20))
    const reading = log.read(A, ORIGIN)
    await log.close()
    await Promise.all([store.close(), store.close()])
    expect(await under).toHaveLength(20)
    expect((await reading).is).toBe('entries')
    await expect(snapshots.load(A)).rejects.toMatchObject({ code: 'draining' })
    await expect(log.setAside(A, new Uint8Array(), '')).rejects.toMatchObject({ code: 'draining' })
    opened = await openFolder(folder, { threads: CRAMPED })
    expect(await texts()).toEqual(names('a', 1, 20))
  })
})
