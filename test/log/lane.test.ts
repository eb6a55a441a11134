import { describe, expect, test } from 'vitest'
import { NO_BRANCH } from '../../src/core/branch.ts'
import { Lane } from '../../src/log/lane.ts'
import { names } from '../contract/store.ts'

const mint = () => 'abc'

describe('[L6] a lane', () => {
  test('knows its newest 64 entries by their ids, and no older one', () => {
    const lane = new Lane(NO_BRANCH)
    const first = lane.place('a0', undefined, mint).position
    for (const id of names('a', 1, 63)) lane.place(id, undefined, mint)
    expect(lane.place('a0', undefined, mint)).toEqual({ is: 'known', position: first })
    expect(lane.head.offset).toBe(64)
    lane.place('a64', undefined, mint)
    expect(lane.place('a0', undefined, mint)).toMatchObject({ is: 'new', position: { offset: 66 } })
  })
})
