/** Bytes of updates that are not yet durable: of one entity and of the whole node. */
export class NodeBudget {
  readonly #node: number
  readonly #entity: number
  #used = 0

  constructor(limits: { readonly pendingNodeBytes: number; readonly pendingEntityBytes: number }) {
    this.#node = limits.pendingNodeBytes
    this.#entity = limits.pendingEntityBytes
  }

  get used(): number {
    return this.#used
  }

  /**
   * Whether an entity that already has `ofEntity` bytes pending may have `bytes` more.
   *
   * @param alone What comes alone may be so many bytes: it could never come otherwise.
   */
  fits(ofEntity: number, bytes: number, alone = 0): boolean {
    const most = ofEntity === 0 ? Math.max(this.#entity, alone) : this.#entity
    return ofEntity + bytes <= most && this.#used + bytes <= this.#node
  }

  add(bytes: number): void {
    this.#used += bytes
  }
}
