import type { NodeName } from './bus.ts'

/** How often a node looks who is silent. */
export const LOOK_MS = 1_000
/** Every so many looks it says that it is there: every 2 s. */
export const LOOKS_PER_BEAT = 2
/** Looks in which a node may be silent: with the ninth more than 8 s have passed, and less than 10. */
const SILENT_LOOKS = 9

/**
 * The other nodes. How long one has been silent is counted in looks of this node, not in time: a
 * process that was stopped and goes on has looked once more and no oftener, so that it reads what
 * waits in its socket before it takes anybody for gone.
 */
export class Neighbours {
  readonly #silent = new Map<NodeName, number>()

  get names(): Iterable<NodeName> {
    return this.#silent.keys()
  }

  /** @returns whether it was not known. */
  heard(node: NodeName): boolean {
    const isNew = !this.#silent.has(node)
    this.#silent.set(node, 0)
    return isNew
  }

  /** @returns those that have been silent for too long; they are forgotten. */
  look(): NodeName[] {
    const gone: NodeName[] = []
    for (const [node, looks] of this.#silent) {
      if (looks + 1 < SILENT_LOOKS) this.#silent.set(node, looks + 1)
      else gone.push(node)
    }
    for (const node of gone) this.#silent.delete(node)
    return gone
  }

  /** Nobody could be heard: everybody has as long as at first. */
  pardon(): void {
    for (const node of this.#silent.keys()) this.#silent.set(node, 0)
  }

  /** @returns whether it was known. */
  forget(node: NodeName): boolean {
    return this.#silent.delete(node)
  }
}
