/** Those that wait; the newest covers all before it. */
const WAITING_MOST = 1_000

interface Waiting<Name> {
  name: Name
  /** The batch that must be durable; `null` while an answer is awaited that it depends on. */
  readonly seq: number | null
}

/**
 * What a client wants to be told when all that it sent before is durable, in the order in which it
 * asked: a marker, or the number of what it sent.
 */
export class Confirmations<Name> {
  readonly #isCumulative: boolean
  #waiting: Waiting<Name>[] = []

  /** @param isCumulative One confirmation tells all before it too, so that those of one batch are one. */
  constructor(isCumulative: boolean) {
    this.#isCumulative = isCumulative
  }

  get empty(): boolean {
    return this.#waiting.length === 0
  }

  push(name: Name, seq: number | null): void {
    const last = this.#waiting.at(-1)
    if (last !== undefined && this.#isCumulative && last.seq === seq) {
      last.name = name
      return
    }
    if (this.#waiting.length >= WAITING_MOST) this.#waiting.pop()
    this.#waiting.push({ name, seq })
  }

  /** What the answer was awaited for depends on that batch. */
  answered(seq: number): void {
    this.#waiting = this.#waiting.map((one) => (one.seq === null ? { ...one, seq } : one))
  }

  /** Takes out those of which everything up to `durable` is enough. */
  take(durable: number): readonly Name[] {
    const end = this.#waiting.findIndex(({ seq }) => seq === null || seq > durable)
    return this.#waiting.splice(0, end < 0 ? this.#waiting.length : end).map(({ name }) => name)
  }

  /** Whether the next one waits for a batch, and not for an answer. */
  get waitsForLog(): boolean {
    const [first] = this.#waiting
    return first !== undefined && first.seq !== null
  }
}
