import { LocalBus } from '../../src/bus/local.ts'
import { DEFAULT_LIMITS, type Limits } from '../../src/core/limits.ts'
import { SILENT } from '../../src/core/logger.ts'
import { ORIGIN, samePosition } from '../../src/core/position.ts'
import type { Entity } from '../../src/entity/entity.ts'
import { Hold } from '../../src/entity/healing/hold.ts'
import { Compaction } from '../../src/jobs/compaction.ts'
import { createMetrics } from '../../src/ops/metrics.ts'
import type { Snapshot } from '../../src/snapshots/snapshots.ts'
import { compactHere } from './compact-here.ts'
import { type EntityStage, entityStage, REF, Witness } from './entity-stage.ts'
import { ManualClock } from './manual-clock.ts'
import { Seeded } from './seeded.ts'
import { type SharedLog, SharedStore } from './shared-log.ts'
import { settle as settlePromises } from './sim-clock.ts'

/** A node of a stage: the core as a server composes it, and somebody who is sent what a session is. */
export interface StagedNode extends EntityStage {
  readonly view: SharedLog
  readonly entity: Entity
  readonly witness: Witness
}

class NodesBus extends LocalBus {
  readonly #nodes: readonly string[]

  constructor(node: string, nodes: readonly string[]) {
    super(node)
    this.#nodes = nodes
  }

  override nodes(): readonly string[] {
    return this.#nodes
  }
}

/** Several nodes that have one entity open, on a store that can lose what it has. */
export class HealStage {
  readonly clock = new ManualClock()
  readonly store: SharedStore
  readonly nodes: StagedNode[] = []
  /** Of the store, as the nodes see it. */
  steadySince: number | null = null

  private constructor(seed: number) {
    this.store = new SharedStore(this.clock, new Seeded(seed))
  }

  static async of(
    nodes: number,
    {
      seed = 1,
      cacheBytes,
      holds = false,
      limits = {},
    }: { seed?: number; cacheBytes?: number; holds?: boolean; limits?: Partial<Limits> } = {},
  ): Promise<HealStage> {
    const stage = new HealStage(seed)
    const names = Array.from({ length: nodes }, (_, i) => `node${i}`)
    for (const name of names) {
      const view = stage.store.view()
      const node = stage.nodes.length
      const hold = new Hold({
        clock: stage.clock,
        limits: DEFAULT_LIMITS,
        safeSince: () => stage.steadySince,
        coveredTo: () => stage.nodes[node]?.entity.coveredTo ?? 0,
      })
      const made = entityStage({
        ...(holds ? { hold } : {}),
        limits,
        clock: stage.clock,
        log: view,
        snapshots: stage.store.slowSnapshots(),
        bus: new NodesBus(name, names),
        ...(cacheBytes === undefined ? {} : { cacheBytes }),
      })
      const entity = await stage.#run(made.load())
      const witness = new Witness(name)
      entity.join(witness)
      stage.nodes.push({ ...made, view, entity, witness })
    }
    return stage
  }

  /** Lets time pass, in small steps, and everything that follows from it. */
  async advance(ms: number): Promise<void> {
    for (let left = ms; left > 0; left -= 10) {
      this.clock.advance(Math.min(10, left))
      await settlePromises()
    }
  }

  async #run<Result>(promise: Promise<Result>): Promise<Result> {
    await this.advance(50)
    return promise
  }

  /** Everybody looks whether the log is still the one they know. */
  audit(): void {
    for (const { view } of this.nodes) view.audit(REF.key)
  }

  /** What a cold start finds. */
  async stored(): Promise<Uint8Array[]> {
    const snapshot = await this.store.snapshots.load(REF.key)
    const read = await this.store.log.read(REF.key, snapshot?.position ?? ORIGIN)
    if (read.is === 'reset') throw new Error('the log does not continue its snapshot')
    const entries = read.entries.map(({ update }) => update)
    return snapshot === null ? entries : [snapshot.update, ...entries]
  }

  /** A snapshot of all that is stored; told to nobody, or to all who have it open. */
  async compact(told: 'told' | 'not told' = 'told'): Promise<void> {
    let snapshot: Snapshot | null = null
    const compaction = new Compaction({
      ...{ clock: this.clock, metrics: createMetrics(), logger: SILENT, gc: true },
      ...{ log: this.store.log, snapshots: this.store.snapshots, compact: compactHere },
      committed: (_, committed) => {
        snapshot = committed
      },
      unfinished: () => {},
    })
    await compaction.run(REF.key)
    if (told === 'told' && snapshot !== null) await this.#adopt(snapshot)
  }

  async #adopt(snapshot: Snapshot): Promise<void> {
    const { position } = snapshot
    const behind = await this.store.log.read(REF.key, position)
    const places = behind.is === 'entries' ? behind.entries.map((entry) => entry.position) : []
    for (const { entity } of this.nodes) {
      // A node whose log does not go through it may not begin from it.
      const isOn = [position, ...places].some((place) => samePosition(place, entity.position))
      if (isOn) entity.adopt(snapshot)
    }
  }

  close(): void {
    for (const { entity } of this.nodes) entity.close()
  }
}
