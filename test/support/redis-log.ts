import { expect } from 'vitest'
import { ORIGIN, type Position } from '../../src/core/position.ts'
import { RedisLog } from '../../src/log/redis.ts'
import { SYSTEM_CLOCK, SYSTEM_RANDOM } from '../../src/ops/system.ts'
import type { RedisLink } from '../../src/redis/link.ts'
import { key, type Notes, textsOf } from '../contract/store.ts'
import { until } from './deadline.ts'
import { node } from './redis-scene.ts'
import { NAMES } from './redis-store.ts'

/** The entity of which a test is. */
export const A = key('a')
export const { meta, stream } = NAMES.keys(A)

/** What a node reads of it. @throws {Error} where there is another history. */
export async function entries(of = node, after: Position = ORIGIN) {
  const read = await of.log.read(A, after)
  if (read.is === 'reset') throw new Error('expected entries, got a reset')
  return read
}

export async function texts(of = node): Promise<string[]> {
  return textsOf((await entries(of)).entries)
}

/** Until the last of these is told; then they all are, and nothing else. */
export async function hears(notes: Notes, told: readonly string[]): Promise<void> {
  await until(`${told.at(-1)} is told`, 5_000, () => notes.told.at(-1) === told.at(-1))
  expect(notes.told).toEqual(told)
}

/** A log on a link of which some parts are exchanged. */
export function logThrough(link: RedisLink, parts: Partial<RedisLink>): RedisLog {
  return new RedisLog(
    {
      names: link.names,
      channels: link.channels,
      run: link.run.bind(link),
      call: link.call.bind(link),
      info: link.info.bind(link),
      onState: link.onState.bind(link),
      state: link.state,
      ...parts,
    } as unknown as RedisLink,
    {
      clock: SYSTEM_CLOCK,
      random: SYSTEM_RANDOM,
      logger: { ...console, with: () => console } as never,
      limits: { setAsideBytes: 1_000 },
      paces: { audit: 600_000 },
      tier: () => 'memory',
    },
  )
}
