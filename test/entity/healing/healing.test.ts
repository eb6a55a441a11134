import { afterEach, describe, expect, test } from 'vitest'
import * as Y from 'yjs'
import { TributaryError } from '../../../src/core/errors.ts'
import { ORIGIN } from '../../../src/core/position.ts'
import { decodeStateVector } from '../../../src/crdt/state-vector.ts'
import { Registry } from '../../../src/entity/registry.ts'
import type { Entry } from '../../../src/log/log.ts'
import { author, textOf } from '../../support/author.ts'
import { REF, submit } from '../../support/entity-stage.ts'
import { HealStage } from '../../support/heal-stage.ts'

let stage: HealStage
afterEach(() => stage.close())

const first = () => stage.nodes[0] as HealStage['nodes'][number]

/** One entry for each letter. */
async function writes(letters: string) {
  const ann = author(1)
  for (const letter of letters) {
    submit(first().entity, ann.write(letter))
    await stage.advance(20)
  }
  return ann
}

async function entries(): Promise<readonly Entry[]> {
  const read = await stage.store.log.read(REF.key, ORIGIN)
  return read.is === 'entries' ? read.entries : []
}

describe('a log that has lost what a node still has', () => {
  test('[L70] everything is there again, and nobody is sent away', async () => {
    stage = await HealStage.of(1)
    const ann = await writes('abc')
    await stage.store.loseAll()
    stage.audit()
    await stage.advance(100)
    expect(textOf(await stage.stored())).toBe('cba')
    expect(first().entity.closed).toBe(false)
    expect(first().witness.evicted).toEqual([])
    expect(first().metrics.heals.of('appended').value).toBe(1)
    expect(first().metrics.healing.value).toBe(0)
    submit(first().entity, ann.write('d'))
    await stage.advance(20)
    expect(textOf(await stage.stored())).toBe('dcba')
    expect(textOf(first().witness.updates)).toBe('dcba')
  })

  test('[L70] a suffix that was lost, with the snapshot before it still there', async () => {
    stage = await HealStage.of(1)
    const ann = author(1)
    for (const letter of 'abcd') {
      submit(first().entity, ann.write(letter))
      await stage.advance(20)
      if (letter === 'b') await stage.compact()
    }
    await stage.store.loseFrom(REF.key, 3)
    stage.audit()
    await stage.advance(100)
    expect(textOf(await stage.stored())).toBe('dcba')
    const healed = (await entries()).slice(2)
    expect(healed.map(({ origin }) => origin)).toEqual(['heal'])
  })

  test('[L71] a delete that was lost, of text that was not', async () => {
    stage = await HealStage.of(1)
    const ann = author(1)
    submit(first().entity, ann.write('abc'))
    await stage.advance(20)
    submit(
      first().entity,
      ann.change((text) => text.delete(1, 1)),
    )
    await stage.advance(20)
    await stage.store.loseFrom(REF.key, 2)
    expect(textOf(await stage.stored())).toBe('abc')
    stage.audit()
    await stage.advance(100)
    expect(textOf(await stage.stored())).toBe('ac')
  })

  test('[L70] what the other branch has comes to the members', async () => {
    stage = await HealStage.of(1)
    const [ann, bob] = [author(1), author(2)]
    for (const letter of 'ab') {
      submit(first().entity, ann.write(letter))
      await stage.advance(20)
    }
    await stage.store.loseFrom(REF.key, 2)
    await stage.store.log.append(REF.key, {
      id: 'elsewhere',
      authors: [],
      origin: 'session',
      time: 0,
      update: bob.write('B') as never,
    })
    stage.audit()
    await stage.advance(100)
    const stored = textOf(await stage.stored())
    expect([...stored].sort().join('')).toBe('Bab')
    expect(textOf(first().witness.updates)).toBe(stored)
  })

  test('[L73] nothing is durable before the log has all that was there', async () => {
    stage = await HealStage.of(1)
    const { entity, view } = first()
    const ann = await writes('a')
    await stage.store.loseAll()
    const append = view.append.bind(view)
    let release = () => {}
    const held = new Promise<void>((resolve) => {
      release = resolve
    })
    view.append = async (key, entry) => {
      await held
      return append(key, entry)
    }
    stage.audit()
    await stage.advance(50)
    const written = submit(entity, ann.write('b'))
    await stage.advance(100)
    expect(entity.durableSeq).toBe(-1)
    release()
    await stage.advance(100)
    expect(written.is).toBe('taken')
    expect(entity.durableSeq).toBe(entity.lastSeq)
    expect(textOf(await stage.stored())).toBe('ba')
    expect(entity.busy).toBe(false)
    expect(first().context.pending.used).toBe(0)
  })

  test('[L73] what waited is not durable when the log lacked nothing else', async () => {
    stage = await HealStage.of(1)
    const { entity, view } = first()
    const ann = await writes('a')
    const append = view.append.bind(view)
    let release = () => {}
    const held = new Promise<void>((resolve) => {
      release = resolve
    })
    let tries = 0
    view.append = async (key, entry) => {
      if (tries++ === 0) throw new TributaryError('storage', 'gone')
      await held
      return append(key, entry)
    }
    const { seq } = submit(entity, ann.write('b')) as { seq: number }
    await stage.advance(30)
    entity.heal()
    await stage.advance(2_000)
    // It is under way, and its place is another one by now.
    expect([tries, entity.healing]).toEqual([2, false])
    expect(entity.durableSeq).toBeLessThan(seq)
    release()
    await stage.advance(100)
    expect(entity.durableSeq).toBe(entity.lastSeq)
    expect(textOf(await stage.stored())).toBe('ba')
  })

  test('[L72] what was under way goes on under its id, behind what heals', async () => {
    stage = await HealStage.of(1)
    const { entity, view } = first()
    const ann = await writes('a')
    await stage.store.loseAll()
    submit(entity, ann.write('b'))
    await stage.advance(1_000)
    const log = await entries()
    expect(log.map(({ id, origin }) => `${id} ${origin}`)).toEqual([
      'node0-2 heal',
      'node0-1 session',
    ])
    expect(textOf(log.map(({ update }) => update))).toBe('ba')
    expect(view).toBeDefined()
  })

  test('[L70] a higher generation is a removal: the members are sent away', async () => {
    stage = await HealStage.of(1)
    const { entity, witness, view } = first()
    submit(entity, author(1).write('a'))
    await stage.advance(20)
    await view.remove(REF.key, decodeStateVector(entity.stateVector))
    stage.audit()
    await stage.advance(20)
    expect(witness.evicted).toEqual(['entity-removed'])
  })
})

describe('a log that is lost again while it is being healed', () => {
  test('[L70] is healed anew, when that comes while the entity waits for its share of the bytes', async () => {
    stage = await HealStage.of(1)
    const { entity, context, metrics } = first()
    const ann = await writes('abc')
    await stage.store.loseAll()
    // Others have spent what there is for a second.
    context.healer.spend(64 * 1024 * 1024)
    stage.audit()
    await stage.advance(300)
    expect((await entries()).length).toBe(0)
    entity.heal()
    await stage.advance(3_000)
    expect([entity.healing, metrics.healing.value]).toEqual([false, 0])
    expect(entity.durableSeq).toBe(entity.lastSeq)
    submit(entity, ann.write('d'))
    await stage.advance(100)
    expect(entity.durableSeq).toBe(entity.lastSeq)
    expect(textOf(await stage.stored())).toBe('dcba')
  })

  test('[L70] is healed anew, when that comes at its last look', async () => {
    stage = await HealStage.of(1)
    const { entity, context, metrics } = first()
    await writes('abc')
    // As soon as the look is over, before the entity hears of that.
    const turn = context.healer.turn.bind(context.healer)
    let turns = 0
    context.healer.turn = async () => {
      const end = await turn()
      const isLook = ++turns === 2
      return () => {
        end()
        if (isLook) entity.heal()
      }
    }
    await stage.store.loseAll()
    stage.audit()
    await stage.advance(2_000)
    expect(turns).toBeGreaterThan(2)
    expect([entity.healing, metrics.healing.value]).toEqual([false, 0])
    expect(entity.durableSeq).toBe(entity.lastSeq)
    expect(textOf(await stage.stored())).toBe('cba')
  })
})

describe('several nodes', () => {
  test('[L74] one appends what was lost, the others find it', async () => {
    stage = await HealStage.of(3)
    await writes('abc')
    await stage.store.loseAll()
    stage.audit()
    await stage.advance(1_500)
    expect(textOf(await stage.stored())).toBe('cba')
    const appended = stage.nodes.map(({ metrics }) => metrics.heals.of('appended').value)
    expect(appended.sort()).toEqual([0, 0, 1])
    for (const { witness, entity } of stage.nodes) {
      expect(witness.evicted).toEqual([])
      expect(textOf(witness.updates)).toBe('cba')
      expect(entity.position.offset).toBe(first().entity.position.offset)
    }
  })
})

describe('an entry that is not closed', () => {
  test('[L76] makes the entity look what the log has', async () => {
    stage = await HealStage.of(1)
    const { entity, witness } = first()
    const ann = author(1)
    const [one, two] = [ann.write('a'), ann.write('b')]
    const entry = (id: string, update: Uint8Array) => ({
      id,
      authors: [],
      origin: 'session' as const,
      time: 0,
      update: update as never,
    })
    // The first one is in the log, and never came here.
    first().view.deaf = true
    await stage.store.log.append(REF.key, entry('one', one))
    await stage.store.log.append(REF.key, entry('two', two))
    const read = await stage.store.log.read(REF.key, ORIGIN)
    if (read.is !== 'entries') throw new Error('no entries')
    first().view.deaf = false
    const second = read.entries[1] as Entry
    first().view.tell(REF.key, { is: 'entry', previous: entity.position, entry: second })
    await stage.advance(1_500)
    expect(textOf(witness.updates)).toBe('ba')
    expect(decodeStateVector(entity.stateVector)).toEqual(new Map([[1, 2]]))
  })
})

/** What was in the snapshot is in no memory, and the store has lost all; it has been noticed. */
async function loseWithSnapshot(text: string, behind: string) {
  stage = await HealStage.of(1, { cacheBytes: 1 })
  const ann = await writes(text)
  await stage.compact()
  submit(first().entity, ann.write(behind))
  await stage.advance(20)
  await stage.store.loseAll()
  stage.audit()
  return { ann, ...first() }
}

test('[L75] what was only in a snapshot that is in no memory is asked for from clients', async () => {
  const { ann, entity, witness } = await loseWithSnapshot('abc', 'd')
  await stage.advance(300)
  expect(witness.asked).toBe(1)
  // The client answers with what it has and the server has not.
  submit(entity, Y.encodeStateAsUpdate(ann.doc, entity.stateVector))
  await stage.advance(1_000)
  expect(textOf(await stage.stored())).toBe('dcba')
  expect(first().troubles).toEqual([])
})

test('[L75] what nobody brings is set aside after 15 s, and said', async () => {
  const { entity, troubles } = await loseWithSnapshot('a', 'b')
  await stage.advance(14_000)
  expect(troubles).toEqual([])
  expect(entity.durableSeq).toBe(-1)
  await stage.advance(2_000)
  expect(troubles).toEqual(['something that was known is lost'])
  expect(first().metrics.setAside.value).toBe(1)
  expect(entity.durableSeq).toBe(entity.lastSeq)
  expect(textOf(await stage.stored())).toBe('')
})

test('[L77] what does not stay in the log is appended once more, then said', async () => {
  stage = await HealStage.of(1)
  const { entity, view, troubles, metrics } = first()
  submit(entity, author(1).write('a'))
  await stage.advance(20)
  await stage.store.loseAll()
  let appends = 0
  view.append = async () => {
    appends++
    return { position: { ...ORIGIN, offset: appends }, tier: 'memory', replicas: 0 }
  }
  stage.audit()
  await stage.advance(5_000)
  expect(appends).toBe(3)
  expect(troubles).toEqual(['an entity could not be healed'])
  expect(metrics.heals.of('failed').value).toBe(1)
  expect(metrics.healing.value).toBe(0)
  expect(entity.closed).toBe(false)
})

describe('what a node holds', () => {
  test('[L80] comes back as it was: id, authors, time and place among the others', async () => {
    stage = await HealStage.of(2, { holds: true })
    const [one, two] = stage.nodes as [HealStage['nodes'][number], HealStage['nodes'][number]]
    const [ann, bob] = [author(1), author(2)]
    bob.doc.on('update', () => {})
    for (let i = 0; i < 3; i++) {
      submit(one.entity, ann.write(`a${i}`), one.witness)
      await stage.advance(20)
      Y.applyUpdate(bob.doc, Y.encodeStateAsUpdate(ann.doc))
      submit(two.entity, bob.write(`b${i}`), two.witness)
      await stage.advance(20)
      Y.applyUpdate(ann.doc, Y.encodeStateAsUpdate(bob.doc))
    }
    const before = await entries()
    await stage.store.loseAll()
    stage.audit()
    await stage.advance(1_500)
    const after = await entries()
    expect(textOf(after.map(({ update }) => update))).toBe('b2a2b1a1b0a0')
    const own = after.filter(({ origin }) => origin === 'session')
    expect(own.length).toBeGreaterThanOrEqual(3)
    for (const { position: _, ...entry } of own) {
      expect(before.map(({ position: __, ...rest }) => rest)).toContainEqual(entry)
    }
  })

  test('[L80] comes back though the snapshot that covers it is lost as well, and is in no memory', async () => {
    stage = await HealStage.of(1, { holds: true, cacheBytes: 1 })
    const { troubles } = first()
    await writes('abc')
    await stage.compact()
    await stage.store.loseAll()
    stage.audit()
    await stage.advance(300)
    expect(textOf(await stage.stored())).toBe('cba')
    expect(troubles).toEqual([])
  })

  test('[L93] lost twice in a minute it is back twice, though whoever had it open has left', async () => {
    stage = await HealStage.of(1, { holds: true, cacheBytes: 1 })
    const { clock, entity, witness, context } = first()
    stage.steadySince = clock.now
    const registry = new Registry({ clock, idle: 1_000, load: async () => entity })
    await registry.open(REF)
    submit(entity, author(1).write('x'))
    await stage.advance(100)
    // Written more than a minute ago: nobody holds it any more, and somebody has it open.
    clock.advance(62_000)
    expect(context.hold?.has(REF.key)).toBe(false)
    await stage.store.loseAll()
    stage.audit()
    await stage.advance(300)
    stage.steadySince = clock.now
    expect(textOf(await stage.stored())).toBe('x')
    await stage.compact()
    entity.leave(witness)
    clock.advance(40_000)
    await stage.store.loseAll()
    stage.audit()
    await stage.advance(300)
    expect(textOf(await stage.stored())).toBe('x')
    registry.close()
  })

  test('[L81] when it is full, writers are refused', async () => {
    stage = await HealStage.of(1, { holds: true })
    const { entity, context } = first()
    Object.defineProperty(context.hold, 'full', { get: () => true })
    expect(submit(entity, author(1).write('x'))).toEqual({ is: 'refused', code: 'pending-full' })
  })

  test('[L82] keeps its entity open', async () => {
    stage = await HealStage.of(1, { holds: true })
    const { clock, entity, witness, context } = first()
    stage.steadySince = clock.now
    const registry = new Registry({ clock, idle: 1_000, load: async () => entity })
    await registry.open(REF)
    submit(entity, author(1).write('x'))
    await stage.advance(50)
    entity.leave(witness)
    clock.advance(50_000)
    expect([entity.closed, context.hold?.has(REF.key)]).toEqual([false, true])
    clock.advance(20_000)
    expect(entity.closed).toBe(true)
    registry.close()
  })
})
