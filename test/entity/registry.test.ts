import { expect, test } from 'vitest'
import * as Y from 'yjs'
import { DEFAULT_TENANT, entityId, entityRef } from '../../src/core/ids.ts'
import { Registry } from '../../src/entity/registry.ts'
import { entityStage, REF, submit, Witness } from '../support/entity-stage.ts'

function registryStage() {
  const stage = entityStage()
  let loads = 0
  const unloaded: string[] = []
  const registry = new Registry({
    clock: stage.clock,
    idle: 30_000,
    load: async (ref) => {
      loads++
      return stage.load(ref)
    },
    onUnload: (entity) => unloaded.push(entity.ref.key),
  })
  return { ...stage, registry, unloaded, loads: () => loads }
}

const update = () => {
  const doc = new Y.Doc()
  doc.getText('t').insert(0, 'x')
  return Y.encodeStateAsUpdate(doc)
}

test('[E10] clients that come at the same time cause one load', async () => {
  const { registry, loads } = registryStage()
  const entities = await Promise.all(Array.from({ length: 50 }, () => registry.open(REF)))
  expect(new Set(entities).size).toBe(1)
  expect(loads()).toBe(1)
  registry.close()
})

test('[E10] a failed load is tried again by the next', async () => {
  const stage = entityStage()
  let attempts = 0
  const registry = new Registry({
    clock: stage.clock,
    idle: 30_000,
    load: () => (attempts++ === 0 ? Promise.reject(new Error('not yet')) : stage.load()),
  })
  const both = await Promise.allSettled([registry.open(REF), registry.open(REF)])
  expect(both.map(({ status }) => status)).toEqual(['rejected', 'rejected'])
  expect((await registry.open(REF)).closed).toBe(false)
  registry.close()
})

test('[E10] an entity without members is unloaded after a while, not before', async () => {
  const { registry, clock, unloaded, loads } = registryStage()
  const entity = await registry.open(REF)
  const ann = new Witness()
  entity.join(ann)
  clock.advance(120_000)
  expect(entity.closed).toBe(false)
  entity.leave(ann)
  clock.advance(29_000)
  expect(entity.closed).toBe(false)
  clock.advance(10_000)
  expect(entity.closed).toBe(true)
  expect(unloaded).toEqual([REF.key])
  expect(await registry.open(REF)).not.toBe(entity)
  expect(loads()).toBe(2)
  registry.close()
  expect(clock.pending).toBe(0)
})

test('[E10] whoever opens it while it is idle keeps it', async () => {
  const { registry, clock } = registryStage()
  const entity = await registry.open(REF)
  clock.advance(29_000)
  expect(await registry.open(REF)).toBe(entity)
  clock.advance(29_000)
  expect(entity.closed).toBe(false)
  registry.close()
})

test('[E10] never while something is pending', async () => {
  const { registry, clock, log } = registryStage()
  const entity = await registry.open(REF)
  let fail = true
  const append = log.append.bind(log)
  log.append = (...args) => (fail ? Promise.reject(new Error('no')) : append(...args))
  submit(entity, update())
  for (let i = 0; i < 100; i++) {
    clock.advance(1_000)
    for (let j = 0; j < 10; j++) await Promise.resolve()
  }
  expect(entity.closed).toBe(false)
  const settled = registry.settled()
  fail = false
  clock.advance(5_000)
  await settled
  expect(entity.durableSeq).toBe(0)
  registry.close()
})

test('an entity that was evicted is loaded anew', async () => {
  const { registry } = registryStage()
  const entity = await registry.open(REF)
  const ann = new Witness()
  entity.join(ann)
  registry.evict(REF.key, 'entity-removed')
  expect(ann.evicted).toEqual(['entity-removed'])
  expect(await registry.open(REF)).not.toBe(entity)
  registry.evict(entityRef(DEFAULT_TENANT, entityId('other')).key, 'entity-removed')
  registry.close()
})

test('[E10] of very many each has its turn', async () => {
  const { registry, clock, unloaded } = registryStage()
  const refs = Array.from({ length: 3_000 }, (_, i) =>
    entityRef(DEFAULT_TENANT, entityId(`many-${i}`)),
  )
  const entities = await Promise.all(refs.map((ref) => registry.open(ref)))
  const ann = new Witness()
  const used = entities.slice(0, 1_200)
  for (const entity of used) entity.join(ann)
  clock.advance(33_000)
  // Not all in one go, which would hold up everything else.
  expect(unloaded.length).toBeLessThanOrEqual(1_000)
  clock.advance(20_000)
  expect(unloaded.length).toBe(1_800)
  for (const entity of used) entity.leave(ann)
  clock.advance(60_000)
  expect(registry.size).toBe(0)
  registry.close()
})
