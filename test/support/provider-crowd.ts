import * as Y from 'yjs'
import type { Handle } from '../../client/provider/handle/handle.ts'
import { connect } from '../../client/provider/node/index.ts'
import { type Checker, equalityFaults } from './checker.ts'
import { until } from './deadline.ts'
import type { Seeded } from './seeded.ts'
import type { Stage } from './stage.ts'

/** A handle of a test, which ends with it. */
export function openHandle(
  stage: Stage,
  port: number,
  entity: string,
  options: Parameters<typeof connect>[2] = { offline: false },
): Handle {
  const handle = connect(`ws://127.0.0.1:${port}`, entity, options)
  stage.atEnd(() => handle.destroy())
  return handle
}

export const marksOf = (doc: Y.Doc): string[] => doc.getArray<string>('marks').toArray()

/** Somebody who writes marks, removes some, and asks after each whether it is saved. */
export class Scribe {
  readonly name: string
  readonly entity: string
  readonly handle: Handle
  readonly #checker: Checker
  readonly #random: Seeded
  readonly #own: string[] = []
  #next = 0
  /** What `saved()` has not answered yet. */
  waiting = 0
  readonly failures: string[] = []

  constructor(name: string, entity: string, handle: Handle, checker: Checker, random: Seeded) {
    this.name = name
    this.entity = entity
    this.handle = handle
    this.#checker = checker
    this.#random = random
  }

  edit(): void {
    const marks = this.handle.doc.getArray<string>('marks')
    const old = this.#own.length > 5 && this.#random.chance(0.3) ? this.#own.shift() : undefined
    const at = old === undefined ? -1 : marks.toArray().indexOf(old)
    if (old !== undefined && at >= 0) {
      this.#checker.removed(old)
      marks.delete(at)
      this.#when(() => this.#checker.removalWasAcked(old))
      return
    }
    const mark = `${this.name}-${this.#next++}`
    this.#checker.wrote(this.name, mark)
    this.#own.push(mark)
    marks.insert(this.#random.int(0, marks.length), [mark])
    this.#when(() => this.#checker.wasAcked(mark))
  }

  #when(saved: () => void): void {
    this.waiting++
    this.handle.saved().then(
      () => {
        this.waiting--
        saved()
      },
      (error: Error) => this.failures.push(error.message),
    )
  }
}

/** Waits until everything is saved and everybody has the same. */
export async function agreed(scribes: readonly Scribe[], ms: number): Promise<void> {
  await until('everything is saved', ms, () => scribes.every(({ waiting }) => waiting === 0))
  const faults = () => {
    const entities = new Set(scribes.map(({ entity }) => entity))
    return [...entities].flatMap((entity) =>
      equalityFaults(
        scribes
          .filter((one) => one.entity === entity)
          .map(({ name, handle }) => ({ name, doc: handle.doc })),
      ),
    )
  }
  await until('all agree', ms, () => faults().length === 0, 50)
}

/** What a new handle is given that brings nothing along. */
export async function seenAnew(
  stage: Stage,
  entity: string,
): Promise<{ doc: Y.Doc; end(): Promise<void> }> {
  const handle = connect(`ws://127.0.0.1:${stage.port}`, entity, { offline: false })
  await handle.synced
  return { doc: handle.doc, end: () => handle.destroy() }
}

/** Structs that more than one of these updates brings, in words. */
export function doubled(updates: readonly Uint8Array[]): string[] {
  const ends = new Map<number, [number, number][]>()
  const faults: string[] = []
  for (const [index, update] of updates.entries()) {
    for (const { id, length } of Y.decodeUpdate(update).structs) {
      const ranges = ends.get(id.client) ?? []
      ends.set(id.client, ranges)
      const again = ranges.find(([from, to]) => id.clock < to && id.clock + length > from)
      if (again !== undefined) faults.push(`entry ${index} brings ${id.client}:${id.clock} again`)
      ranges.push([id.clock, id.clock + length])
    }
  }
  return faults
}
