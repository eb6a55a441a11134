import { describe, expect } from 'vitest'
import { until } from '../support/deadline.ts'
import { Refused } from '../support/raw-client.ts'
import { type Stage, stageTest, stockTest } from '../support/stage.ts'
import { STOCK_VERSIONS } from '../support/stock-clients.ts'

/** Ids that a careless decoder takes for one another, or for a path. */
const TRICKY = [
  'plain',
  'Plain',
  'a/b',
  'a%2Fb',
  'a%2fb',
  'A',
  '%41',
  'a:b',
  'a b',
  'a+b',
  '100%',
  '100%25',
  '%',
  '%zz',
  '🙂',
  '👩‍🚀',
  'é',
  'e\u0301',
  'a,b;c=d',
  'a//b',
  'trailing/',
  '%C3%A9%FF',
]

describe('entity ids', () => {
  stockTest('[W6] ids that look alike are entities of their own', async (stage) => {
    const prefix = stage.entity()
    const writers = TRICKY.map((id) => stage.stock('3.1.0', `${prefix}/${id}`))
    await Promise.all(writers.map((writer) => writer.synced()))
    for (const [n, { doc }] of writers.entries()) doc.getText().insert(0, TRICKY[n] as string)
    const readers = TRICKY.map((id, n) =>
      stage.stock(STOCK_VERSIONS[n % 3] as (typeof STOCK_VERSIONS)[number], `${prefix}/${id}`),
    )
    await Promise.all(readers.map((reader) => reader.synced()))
    await until('every reader has something', stage.deadline, () =>
      readers.every(({ doc }) => doc.getText().length > 0),
    )
    expect(readers.map(({ doc }) => doc.getText().toString())).toEqual(TRICKY)
    expect(writers.map(({ doc }) => doc.getText().toString())).toEqual(TRICKY)
  })

  stockTest('[W6] what a URL parser escapes by itself is the same entity', async (stage) => {
    const id = `${stage.entity()} "<>\`{}^ café`
    const writer = await stage.stock('1.5.4', id).synced()
    writer.doc.getText().insert(0, 'one')
    const escaped = new URL(`${stage.door}/${id}`).href.slice(stage.door.length + 1)
    expect(escaped).not.toBe(id)
    const reader = await stage.stock('2.1.0', escaped).synced()
    await until('the text', stage.deadline, () => reader.doc.getText().toString() === 'one')
  })

  stockTest('[Y9] parameters are no part of the id', async (stage) => {
    const id = stage.entity()
    const writer = await stage.stock('3.1.0', id, { params: { token: 'a', v: '1' } }).synced()
    writer.doc.getText().insert(0, 'one')
    const reader = await stage.stock('1.5.4', id, { params: { token: 'b' } }).synced()
    await until('the text', stage.deadline, () => reader.doc.getText().toString() === 'one')
  })
})

describe('ids that are refused', () => {
  const refused = async (stage: Stage, id: string): Promise<number> => {
    const error: unknown = await stage.raw(id).then(
      () => null,
      (reason: unknown) => reason,
    )
    if (!(error instanceof Refused)) throw new Error(`${id}: no HTTP answer but ${error}`)
    return error.status
  }

  stageTest('[W7] [Y1] an empty id is a 400 before the upgrade', async (stage) => {
    expect(await refused(stage, '')).toBe(400)
    expect(await refused(stage, '?x=1')).toBe(400)
  })

  stageTest('[W7] [Y1] 256 bytes are an id, 257 are a 400', async (stage) => {
    const prefix = `${stage.entity()}/`
    const room = 256 - prefix.length
    await stage.raw(`${prefix}${'x'.repeat(room)}`)
    expect(await refused(stage, `${prefix}${'x'.repeat(room + 1)}`)).toBe(400)
    // Bytes, not characters: an emoji has four of them.
    await stage.raw(`${prefix}${'🙂'.repeat(Math.floor(room / 4))}`)
    expect(await refused(stage, `${prefix}${'🙂'.repeat(Math.floor(room / 4) + 1)}`)).toBe(400)
  })

  stageTest('[W7] [Y1] control characters are a 400', async (stage) => {
    const prefix = stage.entity()
    expect(await refused(stage, `${prefix}%C2%80`)).toBe(400)
    expect(await refused(stage, `${prefix}%C2%9F`)).toBe(400)
    // An escape that no URL parser makes is no control character, but the text it looks like.
    await stage.raw(`${prefix}%00`)
    await stage.raw(`${prefix}%0A`)
  })

  stageTest('[Y1] the reason is in the answer and in the metrics', async (stage) => {
    const before = await stage.metrics()
    const error: unknown = await stage.raw('').catch((reason: unknown) => reason)
    expect((error as Refused).body).toMatch(/empty/)
    const after = await stage.metrics()
    const count = { code: 'bad-entity-id' }
    expect(after.sum('refusals_total', count) - before.sum('refusals_total', count)).toBe(1)
  })
})
