/**
 * Who wants to know what. What a listener throws is reported like any uncaught error, and harms
 * neither the others nor whoever told it.
 */
export class Listeners<Events extends Record<string, unknown>> {
  readonly #all = new Map<keyof Events, Set<unknown>>()

  /** @returns what ends it. */
  on<Name extends keyof Events>(name: Name, fn: (told: Events[Name]) => void): () => void {
    this.#all.set(name, (this.#all.get(name) ?? new Set()).add(fn))
    return () => this.off(name, fn)
  }

  off<Name extends keyof Events>(name: Name, fn: (told: Events[Name]) => void): void {
    this.#all.get(name)?.delete(fn)
  }

  tell<Name extends keyof Events>(name: Name, told: Events[Name]): void {
    for (const fn of [...(this.#all.get(name) ?? [])] as ((told: Events[Name]) => void)[]) {
      try {
        fn(told)
      } catch (error) {
        uncaught(error)
      }
    }
  }

  clear(): void {
    this.#all.clear()
  }
}

/** What the program has thrown, in a place where nobody of it could catch it. */
export function uncaught(error: unknown): void {
  queueMicrotask(() => {
    throw error
  })
}
