import { createDecoder, readVarString, readVarUint } from 'lib0/decoding'
import {
  type Awareness,
  applyAwarenessUpdate,
  encodeAwarenessUpdate,
  removeAwarenessStates,
} from 'y-protocols/awareness'
import type { Said } from '../channel.ts'
import type { Surroundings } from './surroundings.ts'

/** Others are shown for so long after the link was lost, and for so long after it is there again. */
const BLIP_MS = 5_000
const NAMED_MS = 2_000

export interface PresenceOwner {
  say(message: Said): boolean
  tell(name: 'lost' | 'restored', clients: readonly number[]): void
}

/** By what has happened to them. */
type Change = Readonly<Record<'added' | 'updated' | 'removed', readonly number[]>>

/**
 * Who is here. Of a short loss of the link nobody sees more than that others are grey: their states
 * stay for 5 s, and those that are named again when it is back were never away.
 */
export class Presence {
  readonly #awareness: Awareness
  readonly #owner: PresenceOwner
  readonly #around: Surroundings
  readonly #origin: unknown
  /** The id that the server knows as ours on this channel; `null` while it knows none. */
  #claimed: number | null = null
  #isOpen = false
  #lost = new Set<number>()
  #stop: () => void = () => {}

  /** @param origin What is said to have changed the states of others. */
  constructor(awareness: Awareness, owner: PresenceOwner, around: Surroundings, origin: unknown) {
    this.#awareness = awareness
    this.#owner = owner
    this.#around = around
    this.#origin = origin
    awareness.on('update', this.#changed)
  }

  opened(): void {
    this.#isOpen = true
    this.#claimed = null
    this.#sayOwn()
    if (this.#lost.size > 0) this.#forgetIn(NAMED_MS)
  }

  /** The link is gone, or the entity is closed. */
  closed(): void {
    if (!this.#isOpen) return
    this.#isOpen = false
    const others = this.#others()
    if (others.length === 0) return
    this.#lost = new Set(others)
    this.#forgetIn(BLIP_MS)
    this.#owner.tell('lost', others)
  }

  received(body: Uint8Array): void {
    const named = namedIn(body)
    applyAwarenessUpdate(this.#awareness, body, this.#origin)
    const back = named.filter((client) => this.#lost.delete(client))
    if (back.length > 0) this.#owner.tell('restored', back)
  }

  end(): void {
    this.#awareness.off('update', this.#changed)
    this.#stop()
    this.#isOpen = false
    this.#remove(this.#others())
  }

  #others(): number[] {
    const { clientID, states } = this.#awareness
    return [...states.keys()].filter((client) => client !== clientID)
  }

  #forgetIn(ms: number): void {
    this.#stop()
    this.#stop = this.#around.after(ms, () => {
      this.#remove([...this.#lost])
      this.#lost.clear()
    })
  }

  /** With their clocks: who comes back at the same one is seen again. */
  #remove(clients: number[]): void {
    removeAwarenessStates(this.#awareness, clients, this.#origin)
    for (const client of clients) this.#awareness.meta.delete(client)
  }

  readonly #changed = (change: Change): void => {
    // Also when it came from the server: a null about somebody who is here is answered by going above it.
    if (Object.values(change).flat().includes(this.#awareness.clientID)) this.#sayOwn()
  }

  #sayOwn(): void {
    const { clientID } = this.#awareness
    if (!this.#isOpen) return
    const isThere = this.#awareness.getLocalState() !== null
    if (!isThere && this.#claimed !== clientID) return
    const body = encodeAwarenessUpdate(this.#awareness, [clientID])
    const is = this.#claimed === clientID ? 'awareness' : 'claim'
    if (this.#owner.say({ is, body })) this.#claimed = isThere ? clientID : null
  }
}

/** Who is said to be here. The server has checked it. */
function namedIn(body: Uint8Array): readonly number[] {
  const from = createDecoder(body)
  const named: number[] = []
  for (let left = readVarUint(from); left > 0; left--) {
    const client = readVarUint(from)
    readVarUint(from)
    if (readVarString(from) !== 'null') named.push(client)
  }
  return named
}
