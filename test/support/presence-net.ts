import type { Member } from '../../src/entity/member.ts'
import { Presence } from '../../src/entity/presence/presence.ts'
import { WHO } from '../../src/entity/presence/presence-abroad.ts'
import { ManualClock } from './manual-clock.ts'
import { Reader, told } from './presence-reader.ts'

const BOUNDS = { sessionClients: 64, awarenessBytes: 16_384, awarenessDepth: 64 }

/** Nodes that hear each other as over one channel of Redis: all in the same order, a moment later. */
export class Net {
  readonly clock = new ManualClock()
  readonly nodes = new Map<string, Node>()
  readonly said: string[] = []
  lossy = false
  #queue: { kind: string; bytes: Uint8Array; from: string }[] = []

  say(from: string, kind: string, bytes: Uint8Array): void {
    this.said.push(`${from} ${kind}`)
    if (!this.lossy) this.#queue.push({ kind, bytes, from })
  }

  deliver(): void {
    for (let next = this.#queue.shift(); next !== undefined; next = this.#queue.shift()) {
      const { kind, bytes, from } = next
      for (const node of this.nodes.values()) {
        if (node.name === from) continue
        if (kind === WHO) node.presence.abroad?.answer()
        else node.presence.abroad?.heard(kind, bytes, from)
      }
    }
  }

  /** Rounds until nobody has anything to say. */
  settle(): void {
    for (let round = 0; round < 8; round++) {
      this.clock.advance(20)
      this.deliver()
    }
  }
}

/** What the presence of an entity is on one node. */
export class Node {
  readonly name: string
  readonly readers = new Set<Member>()
  readonly presence: Presence

  constructor(net: Net, name: string) {
    this.name = name
    const voice = { say: (kind: string, bytes: Uint8Array) => net.say(name, kind, bytes) }
    this.presence = new Presence(net.clock, BOUNDS, this.readers, voice)
    net.nodes.set(name, this)
  }

  join(): Reader {
    const reader = new Reader()
    this.readers.add(reader)
    return reader
  }

  part(reader: Reader, announce = true): void {
    this.readers.delete(reader)
    this.presence.leave(reader, announce)
  }

  /** Who is here, for one who comes now. */
  get here(): string[] {
    return [...this.presence.greeting(new Reader())].flatMap(told).sort()
  }
}
