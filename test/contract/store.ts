import { DEFAULT_TENANT, type EntityKey, entityId, entityRef } from '../../src/core/ids.ts'
import type { Position } from '../../src/core/position.ts'
import type { SoundUpdate } from '../../src/crdt/scan.ts'
import type { Entry, EntrySink, Log, NewEntry, SetAside } from '../../src/log/log.ts'
import type { Snapshot, Snapshots } from '../../src/snapshots/snapshots.ts'

/** A log and its snapshots under test, with what befalls them. */
export interface TestStore {
  readonly log: Log & { listSetAside(): AsyncIterable<SetAside> }
  readonly snapshots: Snapshots
  /** Closes and opens again on what is stored. */
  reopen(): Promise<void>
  /** Keeps a copy of what is stored; what it returns closes, puts the copy back and opens. */
  backup(): Promise<() => Promise<void>>
  /** Spoils a stored entry: a byte of it flips, or it becomes one of a later version. */
  spoilEntry(entity: EntityKey, offset: number, how?: 'flip' | 'later-version'): Promise<void>
  /** A byte of the newest snapshot flips. */
  spoilSnapshot(entity: EntityKey): Promise<void>
  close(): Promise<void>
}

/** What an adapter is opened with here: `setAsideBytes` as below. */
export type OpenStore = () => Promise<TestStore>

export const SET_ASIDE_BYTES = 1_600

export const key = (name: string): EntityKey => entityRef(DEFAULT_TENANT, entityId(name)).key

/** Bytes that name what wrote them: a log does not look into its updates. */
export const update = (text: string): SoundUpdate => new TextEncoder().encode(text) as SoundUpdate

export const textOf = (entry: Pick<Entry, 'update'>): string =>
  new TextDecoder().decode(entry.update)

export const textsOf = (entries: readonly Entry[]): string[] => entries.map(textOf)

/** An entry with the id and the content `id`. */
export const entry = (id: string, more: Partial<NewEntry> = {}): NewEntry => ({
  id,
  authors: [{ actor: 'ada', session: 's1', clients: [7, 2 ** 53 - 1] }],
  origin: 'session',
  time: 1_700_000_000_000,
  update: update(id),
  ...more,
})

export async function appendAll(log: Log, entity: EntityKey, ids: readonly string[]) {
  const appended = await Promise.all(ids.map((id) => log.append(entity, entry(id))))
  return appended.map(({ position }) => position)
}

/** `a1 a2 a3` for ('a', 1, 3). */
export const names = (letter: string, from: number, to: number): string[] =>
  Array.from({ length: to - from + 1 }, (_, i) => `${letter}${from + i}`)

export const snapshotAt = (position: Position, text = `up to ${position.offset}`): Snapshot => ({
  position,
  update: update(text),
  stateVector: new Uint8Array([1, 7, position.offset]),
  deleteSet: new Uint8Array([0]),
  index: new Uint8Array([1, 2, 3]),
  depth: 3,
})

/** Writes down what it is told: texts of entries, and `reset@offset`. */
export class Notes implements EntrySink {
  readonly told: string[] = []
  readonly entries: Entry[] = []
  last: Position | null = null

  entry(entry: Entry): void {
    this.told.push(textOf(entry))
    this.entries.push(entry)
    this.last = entry.position
  }

  reset(head: Position): void {
    this.told.push(`reset@${head.offset}`)
    this.last = head
  }
}

export async function collect<Item>(items: AsyncIterable<Item>): Promise<Item[]> {
  const all: Item[] = []
  for await (const item of items) all.push(item)
  return all
}
