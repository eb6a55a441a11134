import type { ErrorCode } from '../../core/errors.ts'
import type { SoundUpdate } from '../../crdt/scan.ts'
import type { Batch } from '../../entity/batch.ts'
import type { Member } from '../../entity/member.ts'
import type { PresenceBatch } from '../../entity/presence/presence-batch.ts'
import type { NotTaken, Outlet } from '../../session/outlet.ts'
import {
  awarenessFrame,
  deniedFrame,
  markerFrame,
  step1Frame,
  step2Frame,
  updateFrame,
} from '../../wire/y-websocket.ts'
import type { Wire } from '../wire.ts'

/** A refused client hears why, and then nothing for so long: older ones come back 100 ms after any close. */
const HOLD_MS = 2_000

/** Of the client, what its end depends on. */
export interface Addressee {
  /** It sent what is refused for good. */
  refused(): void
  /** So long is held who may not be here: not all equally long. */
  holdMs(): number
}

export class YWebsocketOutlet implements Outlet {
  readonly nacks = false
  readonly #wire: Wire
  readonly #caller: Addressee

  constructor(wire: Wire, caller: Addressee) {
    this.#wire = wire
    this.#caller = caller
  }

  get unsent(): number {
    return this.#wire.unsent
  }

  get unsentJoins(): number {
    return this.#wire.unsent
  }

  batch(batch: Batch): void {
    this.#wire.write(batch.frame(updateFrame))
  }

  update(update: SoundUpdate): void {
    this.#wire.write(updateFrame(update))
  }

  synced(update: SoundUpdate): void {
    this.#wire.write(step2Frame(update))
  }

  question(stateVector: Uint8Array): void {
    this.#wire.write(step1Frame(stateVector))
  }

  presence(batch: PresenceBatch<Member>, reader: Member): void {
    this.#wire.write(batch.frame(reader, awarenessFrame))
  }

  awareness(body: Uint8Array): void {
    this.#wire.write(awarenessFrame(body))
  }

  marker(version: Uint8Array): void {
    this.#wire.write(markerFrame(version))
  }

  notTaken({ reason }: NotTaken): void {
    this.notice(reason)
  }

  notice(reason: string): void {
    this.#wire.write(deniedFrame(reason))
  }

  // Of these this dialect has no word.
  ack(): void {}
  at(): void {}
  rights(): void {}

  refuse(code: ErrorCode, reason: string): void {
    this.#caller.refused()
    this.notice(reason)
    this.#wire.close(code, HOLD_MS)
  }

  close(code: ErrorCode): void {
    // Its client is back 100 ms after any close, with all that there was no room for.
    this.#wire.close(code, code === 'pending-full' ? this.#caller.holdMs() : 0)
  }
}
