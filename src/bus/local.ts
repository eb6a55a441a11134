import {
  type Bus,
  type BusListener,
  checkMessage,
  type Departure,
  type NodeName,
  type Topic,
} from './bus.ts'

/** The bus of a node that is alone: nobody hears, and nobody speaks. */
export class LocalBus implements Bus {
  readonly node: NodeName
  readonly alone = true

  constructor(node: NodeName) {
    this.node = node
  }

  nodes(): readonly NodeName[] {
    return [this.node]
  }

  onGone(_fn: (node: NodeName, how: Departure) => void): () => void {
    return () => {}
  }

  onGap(_fn: (forgotten: boolean) => void): () => void {
    return () => {}
  }

  publish(_topic: Topic, kind: string, bytes: Uint8Array): void {
    checkMessage(kind, bytes)
  }

  listen(_topic: Topic, _listener: BusListener): () => void {
    return () => {}
  }

  async close(): Promise<void> {}
}
