import type { ErrorCode } from '../../core/errors.ts'
import { formatPosition, type Position } from '../../core/position.ts'
import type { SoundUpdate } from '../../crdt/scan.ts'
import type { Saved } from '../../entity/appender.ts'
import type { Batch } from '../../entity/batch.ts'
import type { Member } from '../../entity/member.ts'
import type { PresenceBatch } from '../../entity/presence/presence-batch.ts'
import type { NotTaken, Outlet } from '../../session/outlet.ts'
import type { Frame } from '../../wire/frame.ts'
import { type Refusal, type ServerMessage, serverFrame } from '../../wire/tributary-server.ts'
import { type DoorContext, refusalOf } from './context.ts'
import { type EntityFrames, inParts } from './entity-frames.ts'
import type { Outbox } from './outbox.ts'

/** What an outlet asks of its channel. */
export interface Owner {
  /** Ms from now; `null` for never. */
  readonly expires: number | null
  /** The session is over. */
  ended(refusal: Refusal): void
}

/** The words of one session on the wire. */
export class ChannelOutlet implements Outlet {
  readonly nacks = true
  readonly #context: DoorContext
  readonly #outbox: Outbox
  readonly #frames: EntityFrames
  readonly #owner: Owner

  constructor(context: DoorContext, outbox: Outbox, frames: EntityFrames, owner: Owner) {
    this.#context = context
    this.#outbox = outbox
    this.#frames = frames
    this.#owner = owner
  }

  get channel(): number {
    return this.#frames.channel
  }

  get unsent(): number {
    return this.#outbox.unsentBefore(this.channel)
  }

  get unsentJoins(): number {
    return this.#outbox.unsent
  }

  say(message: ServerMessage): void {
    this.#write(serverFrame(message))
  }

  #write(frame: Frame): void {
    this.#outbox.write(this.channel, frame)
  }

  batch(batch: Batch): void {
    for (const frame of batch.frame(this.#frames.update)) this.#write(frame)
  }

  update(update: SoundUpdate): void {
    for (const frame of this.#frames.update(update)) this.#write(frame)
  }

  synced(update: SoundUpdate): void {
    for (const frame of inParts('synced', this.channel, update)) this.#write(frame)
  }

  question(stateVector: Uint8Array): void {
    this.say({ is: 'ask', channel: this.channel, stateVector })
  }

  presence(batch: PresenceBatch<Member>, reader: Member): void {
    this.#write(batch.frame(reader, this.#frames.awareness))
  }

  awareness(body: Uint8Array): void {
    this.#write(this.#frames.awareness(body))
  }

  ack(batch: number, { tier, replicas }: Saved, at: Position): void {
    const position = formatPosition(at)
    this.say({ is: 'ack', channel: this.channel, batch, tier, replicas, position })
  }

  at(position: Position): void {
    const { channel } = this
    this.say({ is: 'at', channel, tier: this.#context.tier(), position: formatPosition(position) })
  }

  notTaken({ batch, code, reason, neutered }: NotTaken): void {
    if (batch === null) return
    const refusal = refusalOf(code, reason, this.#context.random)
    this.say({ is: 'nack', channel: this.channel, batch, neutered, ...refusal })
  }

  rights(may: 'read' | 'write'): void {
    this.say({ is: 'rights', channel: this.channel, may, expires: this.#owner.expires })
  }

  refuse(code: ErrorCode, reason: string): void {
    this.#owner.ended(refusalOf(code, reason, this.#context.random))
  }

  close(code: ErrorCode): void {
    this.refuse(code, ENDINGS[code] ?? 'The session was ended.')
  }

  // What they say is said in another way here: by `closed`, by `rights`, by `ack`.
  notice(): void {}
  marker(): void {}
}

/** Why a session ends, for people. */
const ENDINGS: Partial<Record<ErrorCode, string>> = {
  kicked: 'You have been sent away.',
  'not-available': 'The entity is not served here now.',
  'entity-removed': 'The entity was removed.',
  'no-answer': 'You were asked for what your edits build on, and did not answer.',
  'pending-full': 'Too much waits to be stored here.',
  unauthenticated: 'Your token has expired.',
  storage: 'What is stored cannot be read now.',
  damaged: 'What is stored is damaged.',
}
