import { NO_BRANCH } from '../../src/core/branch.ts'
import { FIRST_CHECK, type Position } from '../../src/core/position.ts'
import { nextCheck } from '../../src/log/chain.ts'
import { GroupWriter } from '../../src/log/group.ts'
import { Lane } from '../../src/log/lane.ts'
import type { Change, Group } from '../../src/sqlite/calls.ts'
import { entry, update } from '../contract/store.ts'

/** Gives entries their places, as the log does, for tests of what lies beneath it. */
export class Rows {
  readonly #lanes = new Map<number, Lane>()

  /** One group: each pair is an entity's number and the id of an entry; new numbers begin. */
  group(pairs: readonly (readonly [entity: number, id: string, bytes?: number])[]): Group {
    const entries = pairs.map(([, id, bytes = 0]) =>
      entry(id, { update: update(id.padEnd(bytes, '.')) }),
    )
    const group = new GroupWriter(entries)
    for (const [i, [entity, id]] of pairs.entries()) {
      const begins = !this.#lanes.has(entity)
      const lane = this.#lanes.get(entity) ?? new Lane(NO_BRANCH)
      this.#lanes.set(entity, lane)
      const { position, is } = lane.place(id, undefined, () => `e${entity}`)
      if (is === 'known') throw new Error(`the id ${id} was used before`)
      if (begins) group.change(begin(entity, position))
      group.append(entity, position, entries[i] as never)
    }
    return group.finish()
  }

  /** Where the log of an entity ends. */
  head(entity: number): Position {
    const lane = this.#lanes.get(entity)
    if (lane === undefined) throw new Error(`entity ${entity} has no log`)
    return lane.head
  }
}

export const keyOf = (entity: number): string => `default/e${entity}`

const begin = (entity: number, { epoch }: Position): Change => ({
  is: 'begin',
  key: keyOf(entity),
  entity,
  epoch,
})

/** The position behind the ids, of an entity of `Rows`. */
export const positionOf = (entity: number, ids: readonly string[]): Position => ({
  epoch: `0.e${entity}`,
  offset: ids.length,
  check: ids.reduce(nextCheck, FIRST_CHECK),
})
