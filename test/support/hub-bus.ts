import type { Bus, BusListener, NodeName, Topic } from '../../src/bus/bus.ts'

/** Buses of several nodes in one process: what one publishes the others hear a little later. */
export class Hub {
  readonly #buses = new Map<NodeName, HubBus>()
  /** Everything that was published, as `kind`. */
  readonly published: string[] = []

  join(node: NodeName): HubBus {
    const bus = new HubBus(node, this)
    this.#buses.set(node, bus)
    return bus
  }

  leave(node: NodeName): void {
    this.#buses.delete(node)
  }

  get nodes(): readonly NodeName[] {
    return [...this.#buses.keys()].sort()
  }

  publish(from: NodeName, topic: Topic, kind: string, bytes: Uint8Array): void {
    this.published.push(kind)
    queueMicrotask(() => {
      for (const [node, bus] of this.#buses) if (node !== from) bus.hear(topic, kind, bytes, from)
    })
  }
}

const nameOf = (topic: Topic): string => JSON.stringify(topic)

class HubBus implements Bus {
  readonly alone = false
  readonly node: NodeName
  readonly #hub: Hub
  readonly #listeners = new Map<string, Set<BusListener>>()

  constructor(node: NodeName, hub: Hub) {
    this.node = node
    this.#hub = hub
  }

  nodes(): readonly NodeName[] {
    return this.#hub.nodes
  }

  onGone(): () => void {
    return () => {}
  }

  onGap(): () => void {
    return () => {}
  }

  publish(topic: Topic, kind: string, bytes: Uint8Array): void {
    this.#hub.publish(this.node, topic, kind, bytes)
  }

  listen(topic: Topic, listener: BusListener): () => void {
    const listeners = this.#listeners.get(nameOf(topic)) ?? new Set()
    this.#listeners.set(nameOf(topic), listeners.add(listener))
    return () => listeners.delete(listener)
  }

  hear(topic: Topic, kind: string, bytes: Uint8Array, from: NodeName): void {
    for (const listener of this.#listeners.get(nameOf(topic)) ?? []) listener(kind, bytes, from)
  }

  async close(): Promise<void> {
    this.#hub.leave(this.node)
  }
}
