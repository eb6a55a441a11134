import { expect, test } from 'vitest'
import { TributaryError } from '../../src/core/errors.ts'
import { Turns } from '../../src/log/turns.ts'
import { key } from '../contract/store.ts'

const [A, B] = [key('a'), key('b')]

/** Work that waits to be ended by hand. */
function stage() {
  const turns = new Turns()
  const begun: string[] = []
  const ends = new Map<string, { resolve: (value: string) => void; reject: (e: unknown) => void }>()
  const take = (name: string, entity = A) =>
    turns.take(entity, () => {
      begun.push(name)
      return new Promise<string>((resolve, reject) => ends.set(name, { resolve, reject }))
    })
  const end = async (name: string, error?: unknown) => {
    if (error === undefined) ends.get(name)?.resolve(name)
    else ends.get(name)?.reject(error)
    await new Promise((resolve) => setImmediate(resolve))
  }
  return { turns, begun, take, end }
}

test('[L1] calls for an entity come one after the other, those for others do not wait', async () => {
  const { begun, take, end } = stage()
  const all = [take('a1'), take('a2'), take('a3'), take('b1', B)]
  expect(begun).toEqual(['a1', 'b1'])
  await end('a1')
  expect(begun).toEqual(['a1', 'b1', 'a2'])
  await end('a2')
  await end('a3')
  await end('b1')
  expect(await Promise.all(all)).toEqual(['a1', 'a2', 'a3', 'b1'])
})

test('[L4] behind one that fails with `storage` all fail that waited, and no others', async () => {
  const { begun, take, end } = stage()
  const outcomes = Promise.allSettled([take('a1'), take('a2'), take('a3'), take('b1', B)])
  const error = new TributaryError('storage', 'Redis is away')
  await end('a1', error)
  await end('b1')
  expect(
    (await outcomes).map((one) => (one.status === 'rejected' ? one.reason : one.value)),
  ).toEqual([error, error, error, 'b1'])
  const later = take('a4')
  expect(begun).toEqual(['a1', 'b1', 'a4'])
  await end('a4')
  expect(await later).toBe('a4')
})

test('[L5] behind a conflict it goes on', async () => {
  const { begun, take, end } = stage()
  const first = take('a1')
  const second = take('a2')
  const refused = expect(first).rejects.toMatchObject({ code: 'conflict' })
  await end('a1', new TributaryError('conflict', 'elsewhere'))
  await refused
  expect(begun).toEqual(['a1', 'a2'])
  await end('a2')
  expect(await second).toBe('a2')
})

test('[L15] it is idle when nothing is under way', async () => {
  const { turns, take, end } = stage()
  await turns.idle()
  const all = Promise.all([take('a1'), take('b1', B)])
  let isIdle = false
  const idle = turns.idle().then(() => {
    isIdle = true
  })
  await end('a1')
  expect(isIdle).toBe(false)
  await end('b1')
  await Promise.all([all, idle])
})
