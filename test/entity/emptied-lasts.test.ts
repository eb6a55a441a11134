import { afterEach, describe, expect, test } from 'vitest'
import { ORIGIN } from '../../src/core/position.ts'
import type { Entity } from '../../src/entity/entity.ts'
import { author, textOf } from '../support/author.ts'
import { entityStage, REF, submit } from '../support/entity-stage.ts'
import { HealStage } from '../support/heal-stage.ts'

const UPDATE_BYTES = 1_000
const LIMITS = { updateBytes: UPDATE_BYTES, entityBytes: 3_000 }
const LARGE = 'L'.repeat(2 * UPDATE_BYTES)
const FULL = 'f'.repeat(900)

let stage: HealStage
afterEach(() => stage.close())

/** What an edit that is sent once more is answered: why it was refused, `ack`, or `news`. */
function repeated(entity: Entity, update: Uint8Array): string {
  const submitted = submit(entity, update)
  if (submitted.is === 'refused') return submitted.code
  return submitted.is === 'taken' ? 'news' : (submitted.neutered ?? 'ack')
}

const at = (node: number) => (stage.nodes[node] as HealStage['nodes'][number]).entity

async function write(update: Uint8Array, node = 0): Promise<void> {
  submit(at(node), update)
  await stage.advance(50)
}

/** Small, too large, small, too much: what each is answered when it comes once more. */
const ANSWERS = ['ack', 'update-too-large', 'ack', 'entity-full', 'entity-full']
async function writeAll(): Promise<(entity: Entity) => string[]> {
  const ann = author(1)
  const updates = ['small', LARGE, 'other', FULL, FULL].map((text) => ann.write(text))
  const [small, large, other, full, more] = updates as [Uint8Array, ...Uint8Array[]]
  await write(small)
  await write(large as Uint8Array)
  await write(other as Uint8Array)
  const bob = author(2)
  for (let i = 0; i < 3; i++) await write(bob.write(FULL))
  await write(full as Uint8Array)
  await write(more as Uint8Array)
  return (entity) => updates.map((update) => repeated(entity, update))
}

/** The entity as a node that starts now loads it. */
async function coldStart(): Promise<Entity> {
  const { log, snapshots } = stage.store
  const made = entityStage({ clock: stage.clock, limits: LIMITS, log, snapshots })
  const loading = made.load()
  await stage.advance(50)
  return loading
}

const said = async () => {
  const read = await stage.store.log.read(REF.key, ORIGIN)
  const entries = read.is === 'entries' ? read.entries : []
  return entries.map(({ emptied }) => (emptied === undefined ? '-' : 'says')).join(' ')
}

describe('[V33] [V34] what was taken without its content is refused when it comes once more', () => {
  test('to whoever has it open, here and on other nodes', async () => {
    stage = await HealStage.of(2, { limits: LIMITS })
    const answers = await writeAll()
    expect(answers(at(0))).toEqual(ANSWERS)
    expect(answers(at(1))).toEqual(ANSWERS)
    expect(await said(), 'others have nothing to say').toBe('- says - - - - says says')
  })

  test('after it was loaded anew, also from snapshots of snapshots', async () => {
    stage = await HealStage.of(1, { limits: LIMITS })
    const answers = await writeAll()
    expect(answers(await coldStart())).toEqual(ANSWERS)
    await stage.compact()
    expect(answers(await coldStart())).toEqual(ANSWERS)
    const carl = author(3)
    const last = carl.write(FULL)
    for (const update of [last, author(4).write('x')]) {
      await write(update)
      await stage.compact()
    }
    const entity = await coldStart()
    expect(answers(entity)).toEqual(ANSWERS)
    expect(repeated(entity, last)).toBe('entity-full')
  })

  for (const holds of [false, true]) {
    test(`after its log was lost, and is what nodes had (${holds ? 'held' : 'in memory'})`, async () => {
      stage = await HealStage.of(2, { limits: LIMITS, holds })
      const answers = await writeAll()
      await stage.store.loseFrom(REF.key, 2)
      stage.audit()
      await stage.advance(1_000)
      expect(answers(await coldStart())).toEqual(ANSWERS)
      expect(answers(at(0))).toEqual(ANSWERS)
      await stage.compact()
      await stage.store.loseAll()
      stage.audit()
      await stage.advance(1_000)
      expect(answers(await coldStart())).toEqual(ANSWERS)
      expect(answers(at(1))).toEqual(ANSWERS)
    })
  }
})

/** A node knows that something was refused, and has lost it, as has everybody else. */
async function refusedAndLost() {
  stage = await HealStage.of(1, { limits: LIMITS, cacheBytes: 1 })
  const [ann, bob] = [author(1), author(2)]
  for (let i = 0; i < 3; i++) await write(ann.write(FULL))
  const full = bob.write(FULL)
  await write(full)
  expect(repeated(at(0), full)).toBe('entity-full')
  await stage.compact()
  await stage.store.loseAll()
  stage.audit()
  await stage.advance(1_000)
  return full
}

test('[V34] what is lost is refused as long as that it is deleted waits for it', async () => {
  const full = await refusedAndLost()
  expect(submit(at(0), full)).toMatchObject({ is: 'taken', neutered: 'entity-full' })
  await stage.advance(1_000)
  expect(textOf(await stage.stored())).toBe('')
  expect(repeated(at(0), full)).toBe('entity-full')
  expect(repeated(await coldStart(), full)).toBe('entity-full')
})

test('[V34] what is lost for good may be brought, and is an edit like any other', async () => {
  const full = await refusedAndLost()
  await stage.advance(20_000)
  expect(submit(at(0), full)).toMatchObject({ is: 'taken', neutered: null })
  await stage.advance(1_000)
  expect(textOf(await stage.stored())).toBe(FULL)
  expect(repeated(at(0), full)).toBe('ack')
  expect(repeated(await coldStart(), full)).toBe('ack')
})
