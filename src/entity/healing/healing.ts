import type { Clock } from '../../core/clock.ts'
import { TributaryError } from '../../core/errors.ts'
import type { EntityRef } from '../../core/ids.ts'
import { generationOf, ORIGIN } from '../../core/position.ts'
import type { Knowledge } from '../../crdt/knowledge.ts'
import type { Log } from '../../log/log.ts'
import type { Metrics } from '../../ops/metrics.ts'
import { NO_STATE, type State, type States } from '../states.ts'
import { readFound } from './heal-plan.ts'
import type { Healer } from './healer.ts'

/** A log as it is now: its snapshot, and what is behind it. */
export interface FoundLog {
  readonly state: State
  readonly read: ReadEntries
}

type ReadEntries = Extract<Awaited<ReturnType<Log['read']>>, { is: 'entries' }>

export interface HealingContext {
  readonly clock: Clock
  readonly log: Log
  readonly states: States
  readonly metrics: Metrics
  readonly healer: Healer
}

/** The entity, as far as its healing goes. */
export interface Patient {
  readonly ref: EntityRef
  readonly closed: boolean
  readonly generation: number
  /** Nothing is appended any more. Resolves when nothing is under way. */
  pause(): Promise<void>
  /**
   * Takes the log for its own, in one step: what it has goes to the members, what it lacks waits to be
   * appended.
   */
  takeOver(found: FoundLog): TakenOver
  /** Follows the log from where it was taken over. */
  follow(): Promise<void>
  /** What waits is appended. */
  resume(): void
  /** Resolves when everything that waited then is in the log. */
  allLanded(): Promise<void>
  /** The log is of a later generation. */
  removed(): void
  trouble(what: string, error: TributaryError): void
}

export interface TakenOver {
  /** Bytes that the log lacked. */
  readonly lacked: number
  /** What must be in the log once that is. */
  readonly promised: Knowledge
}

/** A compaction may commit between reading the snapshot and reading the log; twice in a row hardly. */
const ATTEMPTS = 4
/** So often what was appended may be missing; then it is said, and nothing more is appended for it. */
const LACKING_MOST = 2
const RETRY_FIRST_MS = 250
const RETRY_MOST_MS = 4_000

/** @returns `null` when log and snapshot are of two histories. @throws `storage`, `damaged`. */
async function findLog(
  { states, log }: Pick<HealingContext, 'states' | 'log'>,
  { key }: EntityRef,
): Promise<FoundLog | null> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const state = await states.stored(key)
    const read = await log.read(key, state.position)
    if (read.is === 'entries') return { state, read }
  }
  // A log that is whole from its start needs no snapshot.
  const read = await log.read(key, ORIGIN)
  return read.is === 'entries' ? { state: NO_STATE, read } : null
}

/**
 * The healing of one entity: its log has turned out to be another one than this node knew, of the
 * same generation. Its sessions stay and go on.
 *
 * ```
 * waiting ── its rank has come, nothing is under way ──► loading ── taken over, followed ──► appending
 *                                                          ▲                                   │
 *                                 the log is another again, or lacks something ◄───────────────┤
 *                                                                all is there ──► over ◄───────┘
 * ```
 *
 * No append names the position that it expects: two nodes that heal the same thing at once both append
 * what was lacking, which Yjs takes once; the ranks see to it that this is rare.
 */
export class Healing {
  readonly #context: HealingContext
  readonly #patient: Patient
  #isAnother = false
  #onAnother: () => void = () => {}

  constructor(context: HealingContext, patient: Patient) {
    this.#context = context
    this.#patient = patient
  }

  /** The log has turned out to be another one while it was being healed. */
  again(): void {
    this.#isAnother = true
    this.#onAnother()
  }

  /** Resolves when it is over, however. */
  async run(): Promise<void> {
    const { healer, metrics } = this.#context
    const patient = this.#patient
    metrics.healing.add(1)
    try {
      await patient.pause()
      await this.#sleep(healer.wait(patient.ref.key))
      for (let lacking = 0; lacking < LACKING_MOST; await patient.pause()) {
        const taken = await this.#takeOver()
        const outcome = taken === null ? 'over' : await this.#append(taken)
        if (outcome === 'over') return
        lacking = outcome === 'lacking' ? lacking + 1 : 0
      }
      metrics.heals.of('failed').add()
      const error = new TributaryError('damaged', 'what was appended is not found there')
      patient.trouble('an entity could not be healed', error)
      await this.#takeOver()
      patient.resume()
    } finally {
      metrics.healing.add(-1)
    }
  }

  /** @returns `null` when there is nothing left to do. */
  async #takeOver(): Promise<TakenOver | null> {
    const patient = this.#patient
    for (let wait = RETRY_FIRST_MS; !patient.closed; wait = Math.min(wait * 2, RETRY_MOST_MS)) {
      const endTurn = await this.#context.healer.turn()
      try {
        this.#isAnother = false
        const found = await findLog(this.#context, patient.ref)
        if (patient.closed) return null
        if (found === null) throw new TributaryError('damaged', 'its log continues no snapshot')
        const generation = generationOf(found.read.head.epoch)
        if (generation > patient.generation) {
          patient.removed()
          return null
        }
        if (generation < patient.generation) {
          // It has lost a removal, which is made up for on the way to its subscribers.
          await patient.follow()
        } else {
          const taken = patient.takeOver(found)
          await patient.follow()
          if (!this.#isAnother) return taken
        }
      } catch (cause) {
        if (patient.closed) return null
        if (wait === RETRY_FIRST_MS) {
          patient.trouble('a heal failed, it is tried again', TributaryError.from(cause))
        }
      } finally {
        endTurn()
      }
      await this.#sleep(wait)
    }
    return null
  }

  /** `another`: it is of another history again. `lacking`: it has not kept what was appended. */
  async #append({ lacked, promised }: TakenOver): Promise<'over' | 'another' | 'lacking'> {
    const { healer, metrics } = this.#context
    const patient = this.#patient
    await this.#sleep(healer.spend(lacked))
    // It is not followed any more then: what lands would never count as durable.
    if (this.#isAnother) return 'another'
    patient.resume()
    if (lacked === 0) {
      metrics.heals.of('nothing').add()
      return 'over'
    }
    const another = new Promise<void>((resolve) => {
      this.#onAnother = resolve
    })
    await Promise.race([patient.allLanded(), another])
    if (patient.closed) return 'over'
    if (this.#isAnother) return 'another'
    metrics.heals.of('appended').add()
    metrics.healedBytes.add(lacked)
    return this.#look(promised)
  }

  /** Whether the log, read as a cold start reads it, has all of that. */
  async #look(promised: Knowledge): Promise<'over' | 'another' | 'lacking'> {
    const endTurn = await this.#context.healer.turn()
    try {
      const found = await findLog(this.#context, this.#patient.ref)
      if (this.#patient.closed) return 'over'
      if (found === null || this.#isAnother) return 'another'
      const { state, read } = found
      const { knowledge } = readFound({ state, entries: read.entries })
      return knowledge.contains(promised) ? 'over' : 'lacking'
    } catch {
      return 'another'
    } finally {
      endTurn()
    }
  }

  #sleep(ms: number): Promise<void> {
    if (ms <= 0 || this.#patient.closed) return Promise.resolve()
    return new Promise((resolve) => this.#context.clock.after(ms, resolve))
  }
}
