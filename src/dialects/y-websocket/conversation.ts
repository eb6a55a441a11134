import { TributaryError } from '../../core/errors.ts'
import type { Session } from '../../session/session.ts'
import { Cursor } from '../../wire/cursor.ts'
import { IDLE_FRAME, readMessage, type YWebsocketMessage } from '../../wire/y-websocket.ts'
import { turnAwayHocuspocus } from '../hocuspocus.ts'
import type { Conversation, Wire } from '../wire.ts'
import type { Client } from './client.ts'
import { IDLE_MS, type YWebsocketContext } from './context.ts'

export class YWebsocketConversation implements Conversation {
  readonly #context: YWebsocketContext
  readonly #session: Session
  readonly #wire: Wire
  readonly #caller: Client
  /** What has come so far: `other` is something that this dialect does not have. */
  #heard: 'nothing' | 'something' | 'other' = 'nothing'

  constructor(context: YWebsocketContext, session: Session, wire: Wire, caller: Client) {
    this.#context = context
    this.#session = session
    this.#wire = wire
    this.#caller = caller
  }

  message(data: Uint8Array, binary: boolean): Promise<void> | undefined {
    if (this.#heard === 'nothing') {
      this.#heard = 'something'
      if (turnAwayHocuspocus(this.#context, this.#wire, data)) return undefined
    }
    const wait = this.#session.spend(data.length)
    if (!binary) {
      this.#unknown('a text frame')
      return wait
    }
    const handled = this.#handleAll(new Cursor(data))
    return handled === undefined || wait === undefined
      ? (handled ?? wait)
      : handled.then(() => wait)
  }

  /** Stock clients put one message into a frame; a second one must not be lost without a word. */
  #handleAll(cursor: Cursor): Promise<void> | undefined {
    do {
      const waits = this.#handle(readMessage(cursor), cursor)
      if (waits !== undefined) {
        return cursor.atEnd ? waits : waits.then(() => this.#handleAll(cursor))
      }
    } while (!cursor.atEnd && !this.#session.closed)
    return undefined
  }

  #handle(message: YWebsocketMessage, cursor: Cursor): Promise<void> | undefined {
    const session = this.#session
    switch (message.is) {
      case 'step1':
        return session.sync(message.stateVector)
      case 'step2':
        return session.update(own(message.update), 'answer')
      case 'update':
        return session.update(own(message.update), 'update')
      case 'awareness':
        session.awareness(own(message.body))
        return
      case 'query-awareness':
        return session.queryAwareness()
      case 'marker':
        session.marker(own(message.version))
        return
      case 'malformed':
        session.refuse(
          new TributaryError('malformed', `A message of type ${message.type} is cut short.`),
        )
        return
      case 'unknown':
        cursor.at = cursor.bytes.length
        this.#unknown(`a message of type ${message.type}`)
        return
    }
  }

  #unknown(what: string): void {
    this.#context.metrics.unknownMessages.add()
    if (this.#heard === 'other') return
    this.#heard = 'other'
    this.#caller.logger.warn('a message was dropped: this dialect does not have it', { what })
  }

  drained(): void {
    this.#session.drained()
  }

  tick(now: number, quietMs: number): void {
    this.#session.tick(now)
    if (quietMs >= IDLE_MS && !this.#session.closed) this.#wire.write(IDLE_FRAME)
  }

  closed(draining: boolean): void {
    this.#context.people.leave(this.#caller)
    this.#session.close(!draining)
  }
}

/**
 * Inbound frames are views into a socket's buffer: what is kept gets bytes of its own, so that a
 * small update does not hold 64 KB, and so that nothing can ever read past it.
 */
const own = (view: Uint8Array): Uint8Array => new Uint8Array(view)
