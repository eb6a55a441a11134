import type { NodeName } from '../../bus/bus.ts'
import type { Whole } from '../context.ts'
import type { Member } from '../member.ts'
import { Presence } from './presence.ts'
import { ALL_TIDINGS, TIDINGS, type Voice, WHO } from './presence-abroad.ts'

const NOTHING = new Uint8Array(0)

/**
 * Who is here, on this node and on others. A `Presence` is made when the first client says so, or the
 * first node: it is 0.6 KB where none does.
 */
export class Here implements Voice {
  readonly #entity: Whole
  #presence: Presence | null = null
  #stopListening: (() => void) | null = null

  constructor(entity: Whole) {
    this.#entity = entity
  }

  get presence(): Presence {
    const { clock, limits, bus } = this.#entity.context
    this.#presence ??= new Presence(clock, limits, this.#entity.joined, bus.alone ? null : this)
    return this.#presence
  }

  /** Bodies that tell a joiner who is here. */
  greeting(member: Member): Iterable<Uint8Array> {
    return this.#presence?.greeting(member) ?? []
  }

  /** @param announce whether others are told that its client is gone. */
  leave(member: Member, announce: boolean): void {
    this.#presence?.leave(member, announce)
  }

  /** Hears other nodes from now on: after the log was subscribed to, since it is the same channel. */
  listen(): void {
    const { bus } = this.#entity.context
    if (bus.alone || this.#stopListening !== null) return
    this.#stopListening = bus.listen(
      { is: 'entity', entity: this.#entity.ref.key },
      (kind, bytes, from) => {
        if (kind === WHO) this.#presence?.abroad?.answer()
        else if (kind === TIDINGS || kind === ALL_TIDINGS) {
          this.presence.abroad?.heard(kind, bytes, from)
        }
      },
    )
    this.say(WHO, NOTHING)
  }

  /** Presence's: what other nodes are told. */
  say(kind: string, bytes: Uint8Array): void {
    this.#entity.context.bus.publish({ is: 'entity', entity: this.#entity.ref.key }, kind, bytes)
  }

  /** A node is gone, and everybody who was on it. */
  nodeGone(node: NodeName): void {
    this.#presence?.abroad?.gone(node)
  }

  /** @param forgotten Other nodes may have taken this one for gone. */
  refresh(forgotten: boolean): void {
    if (this.#presence === null) this.say(WHO, NOTHING)
    else {
      this.#presence.abroad?.refresh()
      if (forgotten) this.#presence.realign()
    }
  }

  close(): void {
    this.#stopListening?.()
    this.#presence?.close()
  }
}
