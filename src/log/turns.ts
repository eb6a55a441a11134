import { TributaryError } from '../core/errors.ts'
import type { EntityKey } from '../core/ids.ts'

interface Waiting {
  start(): void
  reject(error: unknown): void
}

/**
 * One call at a time for each entity, in the order in which they were made. When one fails with
 * `storage`, all that waited behind it fail too: they were made by those who believed in it. [L4]
 */
export class Turns {
  /** Who waits behind the one that is under way; `null` when nobody does, as nearly always. */
  readonly #lines = new Map<EntityKey, Waiting[] | null>()
  #onIdle: (() => void)[] = []

  async take<Value>(entity: EntityKey, work: () => Promise<Value>): Promise<Value> {
    const line = this.#lines.get(entity)
    if (line === undefined) this.#lines.set(entity, null)
    else await this.#turn(entity, line)
    try {
      return await work()
    } catch (error) {
      if (error instanceof TributaryError && error.code === 'storage') this.#fail(entity, error)
      throw error
    } finally {
      this.#next(entity)
    }
  }

  #turn(entity: EntityKey, line: Waiting[] | null): Promise<void> {
    return new Promise((start, reject) => {
      if (line === null) this.#lines.set(entity, [{ start, reject }])
      else line.push({ start, reject })
    })
  }

  /** Resolves when nothing is under way. */
  async idle(): Promise<void> {
    if (this.#lines.size === 0) return
    await new Promise<void>((resolve) => this.#onIdle.push(resolve))
  }

  #fail(entity: EntityKey, error: TributaryError): void {
    for (const { reject } of this.#lines.get(entity)?.splice(0) ?? []) reject(error)
  }

  #next(entity: EntityKey): void {
    const next = this.#lines.get(entity)?.shift()
    if (next !== undefined) {
      next.start()
      return
    }
    this.#lines.delete(entity)
    if (this.#lines.size > 0) return
    for (const resolve of this.#onIdle.splice(0)) resolve()
  }
}
