import * as Y from 'yjs'
import type { Refusal, ServerMessage } from '../../../src/wire/tributary-server.ts'
import type { Said } from '../channel.ts'
import type { Status } from '../status.ts'
import type { Aside, KeptEdit } from '../store.ts'
import type { Keeper } from './keeper.ts'
import { type Edit, Outbox, type Row } from './outbox.ts'
import { type SavedOptions, Saves } from './saves.ts'
import type { Standing } from './standing.ts'
import type { Surroundings } from './surroundings.ts'
import { isEmpty } from './way-down.ts'

type Message<Is extends ServerMessage['is']> = Extract<ServerMessage, { readonly is: Is }>
type Why = Pick<Refusal, 'code' | 'reason'>

export interface WayUpOwner {
  say(message: Said): boolean
  /** What this has brought is to be deleted here. Its structs stay, for what builds on them. */
  empty(update: Uint8Array): void
  tell(name: 'rejected', aside: Aside): void
  tell(name: 'saved', nothing: undefined): void
  changed(): void
}

const READ_ONLY: Why = { code: 'forbidden', reason: 'this user may read here, and not write' }
const TOO_LARGE: Why = {
  code: 'update-too-large',
  reason: 'one change of this size cannot be sent',
}
/** What is written where nothing is taken is set aside in so few pieces. */
const ASIDE_MS = 250

/**
 * What is written here, until the server has it.
 *
 * An edit goes to the device and on the wire at the same moment; neither waits for the other. On a new
 * channel everything that is unacknowledged goes first, as it was made, and then, when more may be here
 * than in the server's log, an answer with all that the server did not say it has, those edits again
 * included: one that builds on something else in the answer was of no use before. Sent twice does no
 * harm: a server takes what it does not know.
 */
export class WayUp {
  readonly outbox = new Outbox()
  readonly saves: Saves
  /** Whether anything is taken that is written here; `null` before the server has said. */
  may: Status['may'] = null
  readonly #doc: Y.Doc
  readonly #keeper: Keeper
  readonly #standing: Standing
  readonly #around: Surroundings
  readonly #owner: WayUpOwner
  /** What was written since the last turn. */
  #turn: Uint8Array[] = []
  #isOpen = false
  /** Bytes that an edit or an answer may have. */
  #most = 0
  /** Why nothing is taken that is written here; `null` when it is. */
  #bar: Why | null = null
  /** What the server said it has. */
  #serverHas: Uint8Array = new Uint8Array(1)
  /** All that it did not say it has is to be offered, as soon as it takes something. */
  #owes = false
  /** Answers that are neither acknowledged nor refused. */
  readonly #answers = new Map<number, Uint8Array>()
  #stopHolding: (() => void) | null = null
  #stopBarring: (() => void) | null = null

  constructor(
    doc: Y.Doc,
    keeper: Keeper,
    standing: Standing,
    around: Surroundings,
    owner: WayUpOwner,
  ) {
    this.#doc = doc
    this.#keeper = keeper
    this.#standing = standing
    this.#around = around
    this.#owner = owner
    this.saves = new Saves(this.outbox, keeper, around)
  }

  /** Something was written here. What is written in one turn is one edit. */
  written(update: Uint8Array): void {
    if (this.#turn.push(update) === 1) queueMicrotask(() => this.flush())
  }

  flush(): void {
    const turn = this.#turn.splice(0)
    if (turn.length === 0) return
    const update = Y.mergeUpdates(turn)
    this.outbox.add(update, this.#around.wall(), this.#keeper.here(update))
    this.#send()
    this.#owner.changed()
  }

  /** Edits of an earlier life, or of a tab that is gone. */
  adopted(edits: readonly KeptEdit[]): void {
    for (const { id, update, madeAt } of edits) {
      this.outbox.add(update, madeAt, { id, state: 'kept', edits: 0 })
    }
    if (this.may === 'write') this.#takeBack()
    this.#send()
    this.#owner.changed()
  }

  /** The device has forgotten all. */
  wiped(): void {
    this.outbox.moved((update) => this.#keeper.here(update))
  }

  saved(options: SavedOptions): Promise<void> {
    this.flush()
    return this.saves.wait(this.outbox.written, options)
  }

  opened(message: Message<'opened'>, most: number): void {
    this.#most = most
    this.flush()
    this.outbox.reset()
    this.#isOpen = true
    this.saves.safe(message.tier)
    this.#serverHas = message.stateVector
    const isNews = message.follows !== 'rest' || !this.#standing.isOf(message.position)
    if (isNews) this.#standing.receivedElsewhere()
    this.#owes = this.#standing.beyond
    this.#setMay(message.may)
    this.#send()
  }

  /** The server asks what it lacks. */
  asked(stateVector: Uint8Array): void {
    this.flush()
    this.#serverHas = stateVector
    if (this.#bar === null) this.#answer(Y.encodeStateAsUpdate(this.#doc, stateVector))
    else this.#owes = true
  }

  acknowledged({ batch, tier, position }: Message<'ack'>): void {
    const edits = this.outbox.acknowledged(batch)
    for (const answer of this.#answers.keys()) if (answer <= batch) this.#answers.delete(answer)
    this.#standing.acknowledged(batch, position)
    this.#keeper.acknowledged(doneRows(edits))
    this.saves.safe(tier)
    if (edits.length > 0 && this.outbox.pending === 0) this.#owner.tell('saved', undefined)
    this.#owner.changed()
  }

  refused({ batch, neutered, code, reason, again }: Message<'nack'>): void {
    const answer = this.#answers.get(batch)
    if (this.#answers.delete(batch)) this.#standing.unanswered(batch)
    this.#owes ||= answer !== undefined && !neutered
    if (again !== null && !neutered) {
      this.outbox.unsend(batch)
      this.#hold(again)
      return
    }
    // Those before it may be in it, if they were not taken for what they lacked: neutered, they are
    // acknowledged like all that is.
    let lost = neutered ? answer : undefined
    const edits = lost
      ? []
      : answer
        ? this.outbox.acknowledged(batch - 1)
        : this.outbox.refused(batch)
    lost ??= merged(edits)
    if (lost) this.#setAside(edits, lost, { code, reason })
    if (!neutered) this.#bars({ code, reason })
    this.#owner.changed()
  }

  rights(may: 'read' | 'write'): void {
    this.#setMay(may)
    this.#send()
  }

  /** The link is gone, or the entity is closed. */
  lost(): void {
    this.#isOpen = false
    this.#owes = false
    this.#answers.clear()
    this.#stopHolding?.()
    this.#stopHolding = null
    this.outbox.reset()
  }

  /** Nothing of this will ever be taken. */
  removed(why: Why): void {
    this.flush()
    this.lost()
    this.#bar = why
    this.#setAllAside()
  }

  end(): void {
    this.flush()
    this.lost()
    this.#stopBarring?.()
    this.saves.end()
  }

  #send(): void {
    if (this.#bar !== null && (this.#isOpen || this.#bar.code === 'entity-removed')) {
      this.#stopBarring ??= this.#around.after(ASIDE_MS, () => this.#setAllAside())
      return
    }
    if (!this.#isOpen || this.#stopHolding !== null) return
    for (const edit of this.outbox.tooLarge(this.#most, this.#serverHas)) {
      this.#owner.empty(edit.update)
      this.#setAside([edit], edit.update, TOO_LARGE)
      this.#owes = true
    }
    this.outbox.send((update, batch) => this.#owner.say({ is: 'edit', batch, update }))
    if (!this.#owes) return
    this.#owes = false
    const update = Y.encodeStateAsUpdate(this.#doc, this.#serverHas)
    if (isEmpty(update)) this.#standing.nothingMore()
    else this.#answer(update)
  }

  #answer(update: Uint8Array): void {
    if (update.length > this.#most) {
      this.#owes = true
      this.#bars(TOO_LARGE)
      this.#send()
      return
    }
    const batch = this.outbox.nextBatch()
    if (!this.#owner.say({ is: 'answer', batch, update })) return
    this.#answers.set(batch, update)
    this.#standing.answered(batch)
  }

  /** The server has no room now. */
  #hold(ms: number): void {
    this.#stopHolding?.()
    this.#stopHolding = this.#around.after(ms, () => {
      this.#stopHolding = null
      this.#send()
    })
  }

  /** Nothing more is taken that is written here. */
  #bars(why: Why): void {
    this.#bar = why
    this.may = 'read'
  }

  #setMay(may: 'read' | 'write'): void {
    if (may === 'read') {
      this.#bars(READ_ONLY)
      return
    }
    this.may = may
    this.#bar = null
    this.#stopBarring?.()
    this.#stopBarring = null
    this.#takeBack()
  }

  /**
   * What was set aside only because this user might not write, here or in an earlier life, is an edit
   * again: the document has it all the time, and what is written next builds on it.
   */
  #takeBack(): void {
    for (const { id, code, update } of this.#keeper.asides) {
      if (code !== READ_ONLY.code) continue
      // In this order: a page that dies in between has it twice, and sends it.
      this.outbox.add(update, this.#around.wall(), this.#keeper.here(update))
      this.#keeper.forgetAside(id)
      this.saves.takenBack(this.outbox.written)
    }
  }

  #setAllAside(): void {
    this.#stopBarring = null
    const edits = this.outbox.takeUnsent()
    const update = merged(edits)
    if (update && this.#bar !== null) this.#setAside(edits, update, this.#bar)
    this.#owner.changed()
  }

  #setAside(edits: readonly Edit[], update: Uint8Array, why: Why): void {
    const aside = { ...why, update, at: this.#around.wall() }
    void this.#keeper.setAside(aside, doneRows(edits)).then((kept) => {
      this.saves.setAside()
      this.#owner.changed()
      this.#owner.tell('rejected', kept)
      if (this.#bar !== null) return
      // They may write since.
      this.#takeBack()
      this.#send()
    })
    this.saves.refused(edits[0]?.first ?? 0, why)
    this.saves.look()
  }
}

const merged = (edits: readonly Edit[]): Uint8Array | undefined =>
  edits.length === 0 ? undefined : Y.mergeUpdates(edits.map(({ update }) => update))

/** Where none of them lies beside one that still waits. */
const doneRows = (edits: readonly Edit[]): readonly Row[] =>
  [...new Set(edits.flatMap(({ rows }) => rows))].filter((row) => row.edits === 0)
