import { Knowledge } from '../../crdt/knowledge.ts'
import type { SoundUpdate } from '../../crdt/scan.ts'
import { scanUpdate } from '../../crdt/scan-update.ts'
import type { NewEntry } from '../../log/log.ts'
import { isMade, type Made, type Unlogged } from '../appender.ts'
import { Batch } from '../batch.ts'
import type { Content } from '../content.ts'
import { Emptied, emptiedIn } from '../emptied.ts'
import { type HealPlan, merged, planHeal, type Repair, type Waiting } from './heal-plan.ts'
import type { FoundLog } from './healing.ts'

export interface TakeOverParts {
  readonly content: Content
  /** What waits for the log, in its order. */
  readonly queue: readonly (Unlogged | Made)[]
  /** Entries that this node has appended not long ago, in their order. */
  readonly held: Iterable<NewEntry>
  /** What waits for something that is lost since an earlier time. */
  readonly unclosed: readonly SoundUpdate[]
  /** An entry for what has none of its own any more. */
  entryOf(update: SoundUpdate): NewEntry
}

export interface Exchanged {
  /** What waits for the log now. */
  readonly queue: (Unlogged | Made)[]
  /** What waits no longer: it is in the log, or builds on what is lost. */
  readonly settled: readonly Unlogged[]
  /** What the log has and was not known here. */
  readonly news: readonly SoundUpdate[]
  readonly unclosed: readonly SoundUpdate[]
  readonly faults: HealPlan['faults']
  /** Everything that was known before. */
  readonly known: Knowledge
  /** Everything that will be in the log once it has what waits. */
  readonly promised: Knowledge
  /** Bytes that the log lacked. */
  readonly lacked: number
}

/**
 * Exchanges the content of an entity for what a log has and lacks, in one step: what was in memory
 * stands behind the snapshot of the log, and waits to be appended as far as the log lacks it.
 */
export function takeOver(parts: TakeOverParts, { state, read }: FoundLog): Exchanged {
  const { content } = parts
  // What an earlier heal was to append stands in the tail, and is looked at anew.
  const waiting = parts.queue.filter((one) => !isMade(one) || one.unlogged.length > 0)
  const known = content.knowledge
  const plan = planHeal(
    {
      knowledge: known,
      basePosition: content.base,
      base: content.state,
      tail: [...tailWithout(content, waiting), ...parts.unclosed],
      held: parts.held,
      waiting: waiting.map(waitingOf),
    },
    { state, entries: read.entries },
  )
  const { knowledge, tail, unclosed, faults } = plan
  const news = merged(plan.news)
  const { head, tombstone } = read
  const emptied = emptiedNow(content.emptied, { state, read }, plan)
  content.exchange({ state, head, knowledge, tail, tombstone, emptied })

  const queue: (Unlogged | Made)[] = []
  const settled: Unlogged[] = []
  let lacked = 0
  const repair = (one: Repair): void => {
    const entry = one.is === 'held' ? one.entry : parts.entryOf(one.update)
    queue.push({ entry, unlogged: [], seq: content.tail.push(entry.update) })
    lacked += entry.update.length
  }
  plan.before.forEach(repair)
  waiting.forEach((one, i) => {
    const fate = plan.waiting[i]
    const unlogged = isMade(one) ? one.unlogged : [one]
    if (fate === 'logged' || fate === 'unclosed') settled.push(...unlogged)
    else queue.push(...again(content, one, unlogged, fate === 'append'))
  })
  plan.after.forEach(repair)
  const promised = new Knowledge(new Map(knowledge.known), knowledge.encodeDeletes())
  return { queue, settled, news, unclosed, faults, known, promised, lacked }
}

/**
 * What was taken without its content stays so, as far as it is known; and what was lost, as long as that
 * it is deleted waits for somebody to bring it. Of anything else nothing is remembered: it is an edit
 * like any other when it comes.
 */
function emptiedNow(
  before: Emptied | null,
  { state, read }: FoundLog,
  { knowledge: { known }, unclosed }: HealPlan,
): Emptied | null {
  const found = emptiedIn(state.emptied, read.entries, known)
  if (before === null) return found
  const now = found ?? new Emptied()
  now.learnAll(before, known)
  for (const update of unclosed) {
    const waiting = before.within(scanUpdate(update))
    if (waiting !== null) now.learn(waiting, null)
  }
  return now
}

/** What is in the tail and does not wait for the log. */
function* tailWithout(content: Content, waiting: readonly (Unlogged | Made)[]) {
  const seqs = new Set(
    waiting.flatMap((one) =>
      isMade(one) ? one.unlogged.map(({ batch }) => batch.seq) : [one.batch.seq],
    ),
  )
  for (const [seq, update] of content.tail) if (!seqs.has(seq)) yield update
}

const waitingOf = (one: Unlogged | Made): Waiting =>
  isMade(one)
    ? { update: one.entry.update, id: one.entry.id }
    : { update: one.batch.update, id: null }

/** The same at new places in the tail; what was under way once goes under its id if it can. */
function again(
  content: Content,
  one: Unlogged | Made,
  unlogged: readonly Unlogged[],
  asItWas: boolean,
): (Unlogged | Made)[] {
  const moved = unlogged.map((each) => {
    const { update } = each.batch
    const batch = new Batch(content.tail.push(update), update)
    return { ...each, batch, seq: batch.seq }
  })
  if (!isMade(one) || !asItWas) return moved
  return [{ entry: one.entry, unlogged: moved, seq: moved[0]?.seq ?? 0 }]
}
