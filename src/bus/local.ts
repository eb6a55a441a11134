import type { Bus, BusListener, NodeName, Topic } from './bus.ts'

/** The bus of a node that is alone: nobody hears, and nobody speaks. */
export class LocalBus implements Bus {
  readonly node: NodeName

  constructor(node: NodeName) {
    this.node = node
  }

  nodes(): readonly NodeName[] {
    return [this.node]
  }

  onGone(_fn: (node: NodeName) => void): () => void {
    return () => {}
  }

  publish(_topic: Topic, _kind: string, _bytes: Uint8Array): void {}

  listen(_topic: Topic, _listener: BusListener): () => void {
    return () => {}
  }

  async close(): Promise<void> {}
}
