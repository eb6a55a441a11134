import { expect } from 'vitest'
import * as Y from 'yjs'
import { checkUpdate } from '../../src/crdt/check.ts'
import type { Batch } from '../../src/entity/batch.ts'
import type { Entity } from '../../src/entity/entity.ts'
import { REF, Witness } from './entity-stage.ts'
import { HealStage } from './heal-stage.ts'
import type { ManualClock } from './manual-clock.ts'
import { Seeded } from './seeded.ts'
import { Editor } from './sessions.ts'
import { canonical, differenceOf, loaded } from './sim-audit.ts'

/** Somebody who edits over one node, and answers what it is asked. */
class Person extends Witness {
  readonly editor: Editor
  readonly made: Uint8Array[] = []
  readonly #entity: Entity
  readonly #clock: ManualClock

  constructor(name: string, random: Seeded, entity: Entity, clock: ManualClock) {
    super(name)
    this.editor = new Editor(random, { gc: true, undo: false })
    this.#entity = entity
    this.#clock = clock
    entity.join(this)
  }

  get doc(): Y.Doc {
    return this.editor.doc
  }

  edit(random: Seeded): void {
    this.editor.edit(random)
    this.#send()
  }

  override deliver(batch: Batch): void {
    this.editor.receive(batch.update)
    // The clean-up of formats is an edit like any other.
    this.#clock.after(1, () => this.#send())
  }

  override ask(): boolean {
    this.asked++
    const { stateVector } = this.#entity
    this.#clock.after(5, () => this.#submit(Y.encodeStateAsUpdate(this.doc, stateVector)))
    return true
  }

  #send(): void {
    for (const update of this.editor.drain()) {
      this.made.push(update)
      this.#submit(update)
    }
  }

  #submit(update: Uint8Array): void {
    const submitted = this.#entity.submit(checkUpdate(update), this)
    if (submitted.is === 'refused') throw new Error(submitted.code)
    if (submitted.cutOff !== null) this.ask()
  }
}

interface Run {
  readonly stage: HealStage
  readonly people: Person[]
}

async function wild(run: Run, random: Seeded): Promise<void> {
  const { stage, people } = run
  for (let left = random.int(10, 60); left > 0; left--) {
    const what = random.next()
    if (what < 0.55) random.pick(people).edit(random)
    else if (what < 0.75) await stage.advance(random.pick([10, 30, 60]))
    else if (what < 0.82) await stage.compact(random.pick(['told', 'not told']))
    else if (what < 0.87) stage.audit()
    else if (what < 0.92) {
      const { view } = random.pick(stage.nodes)
      view.deaf = !view.deaf
    } else if (what < 0.97) {
      const { head } = await stage.store.log.read(REF.key, { ...stage.nodes[0]!.entity.position })
      await stage.store.loseFrom(REF.key, random.int(1, Math.max(1, head.offset)))
    } else await stage.store.loseAll()
  }
}

/** @returns how often something was appended to heal the log. @throws when anything was lost, or is not equal. */
async function healRun(seed: number): Promise<number> {
  const random = new Seeded(seed)
  const nodes = random.int(1, 3)
  const cacheBytes = random.pick([1, 64 * 2 ** 20])
  const holds = random.chance(0.5)
  const stage = await HealStage.of(nodes, { seed, cacheBytes, holds })
  stage.store.delay = random.pick([0, 0, 5, 40])
  stage.store.failing = random.pick([0, 0, 0.2])
  const people = Array.from({ length: random.int(1, 4) }, (_, i) => {
    const { entity } = stage.nodes[i % nodes] as HealStage['nodes'][number]
    return new Person(`person ${i}`, random, entity, stage.clock)
  })
  try {
    await wild({ stage, people }, random)
    for (const { view } of stage.nodes) view.deaf = false
    stage.store.failing = 0
    stage.audit()
    await stage.advance(100)
    // What was made meanwhile may have been a fork of what others had.
    for (let round = 0; round < 2; round++) {
      stage.audit()
      await stage.advance(4_000)
    }
    const oracle = loaded(people.flatMap(({ made }) => made))
    const copies = [
      { name: 'the log', doc: loaded(await stage.stored()) },
      ...people.map(({ doc, author }) => ({ name: author.session, doc })),
    ]
    for (const { name, doc } of copies) {
      if (doc.store.pendingStructs !== null || doc.store.pendingDs !== null) {
        throw new Error(`${name} waits for more`)
      }
      if (!canonical(doc).equals(canonical(oracle))) {
        throw new Error(`${name} differs: ${differenceOf(doc, oracle)}`)
      }
    }
    for (const { entity, context, troubles, metrics } of stage.nodes) {
      expect(entity.busy).toBe(false)
      expect(entity.durableSeq).toBe(entity.lastSeq)
      expect(context.pending.used).toBe(0)
      expect(metrics.healing.value).toBe(0)
      expect(troubles.filter((it) => it !== 'an append failed, it is tried again')).toEqual([])
    }
    return stage.nodes.reduce((all, { metrics }) => all + metrics.heals.of('appended').value, 0)
  } finally {
    stage.close()
    for (const { editor } of people) editor.close()
  }
}

/**
 * Sessions edit, logs lose a suffix or everything, snapshots are made, publishes are lost: in the end
 * the log has the union of what all had, deletes included, and so has everybody.
 *
 * @returns the share of runs in which something was appended to heal. @throws with the seed of a run that fails.
 */
export async function healRuns(runs: number): Promise<number> {
  const only = Number(process.env.SIM_SEED ?? 0)
  const count = only > 0 ? 1 : Number(process.env.SIM_RUNS ?? runs)
  let healed = 0
  for (let i = 0; i < count; i++) {
    const seed = only > 0 ? only : 1 + i
    try {
      if ((await healRun(seed)) > 0) healed++
    } catch (error) {
      throw new Error(`SIM_SEED=${seed}: ${error}`, { cause: error })
    }
  }
  return healed / count
}
