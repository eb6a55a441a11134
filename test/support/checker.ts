import * as Y from 'yjs'

/** One edit, named so that nobody else could have written it: `client-sequence`. */
export type Mark = string

/** What had been acknowledged at one moment. */
export interface Told {
  readonly marks: ReadonlySet<Mark>
  readonly removals: ReadonlySet<Mark>
}

/** A copy of the entity somewhere, at the end of a run. */
export interface Replica {
  /** Whose: a client, a node, a cold start. */
  readonly name: string
  readonly doc: Y.Doc
}

/**
 * Records what every client did and what it was told, and holds what is left at the end against it.
 *
 * - **C1** what was acked is there. **C2** all replicas are equal in canonical form, nothing pending.
 * - **C3** nothing that nobody wrote, and nothing twice. **C4** acked deletes stay deleted.
 * - **C5** a client reads its own acked writes.
 *
 * A mark that somebody has *tried* to remove may be there or not until the removal is acked.
 */
export class Checker {
  readonly #written = new Map<Mark, string>()
  readonly #acked = new Set<Mark>()
  readonly #removed = new Set<Mark>()
  readonly #removalAcked = new Set<Mark>()

  get written(): number {
    return this.#written.size
  }

  get acked(): number {
    return this.#acked.size + this.#removalAcked.size
  }

  wrote(writer: string, mark: Mark): void {
    if (this.#written.has(mark)) throw new TypeError(`the mark ${mark} was written before`)
    this.#written.set(mark, writer)
  }

  wasAcked(mark: Mark): void {
    this.#acked.add(mark)
  }

  removed(mark: Mark): void {
    this.#removed.add(mark)
  }

  removalWasAcked(mark: Mark): void {
    this.#removalAcked.add(mark)
  }

  /** Before a copy is asked for, while others still edit: the copy must hold this much. */
  told(): Told {
    return { marks: new Set(this.#acked), removals: new Set(this.#removalAcked) }
  }

  /**
   * C1, C3 and C4 on one copy, in words; empty when all is well.
   *
   * @param belongs Which marks this copy is about, where a run has several entities.
   * @param told What it must hold: everything that has been acknowledged, unless said otherwise.
   */
  contentFaults(
    name: string,
    marks: readonly Mark[],
    belongs: (mark: Mark) => boolean = () => true,
    told: Told = { marks: this.#acked, removals: this.#removalAcked },
  ): string[] {
    const there = new Set(marks)
    const faults: string[] = []
    for (const mark of told.marks) {
      const lost = !there.has(mark) && !this.#removed.has(mark)
      if (lost && belongs(mark)) faults.push(`[C1] ${name} lost ${mark}`)
    }
    const once = new Set<Mark>()
    for (const mark of marks) {
      if (!this.#written.has(mark)) faults.push(`[C3] ${name} holds ${mark}, which nobody wrote`)
      if (once.has(mark)) faults.push(`[C3] ${name} holds ${mark} twice`)
      once.add(mark)
    }
    for (const mark of told.removals) {
      if (there.has(mark)) faults.push(`[C4] in ${name} ${mark} is back`)
    }
    return faults
  }

  /** C5: what this writer was told is safe and reads in its own copy. */
  ownFaults(writer: string, marks: readonly Mark[]): string[] {
    const there = new Set(marks)
    return [...this.#acked]
      .filter((mark) => this.#written.get(mark) === writer)
      .filter((mark) => !there.has(mark) && !this.#removed.has(mark))
      .map((mark) => `[C5] ${writer} cannot read its own ${mark}`)
  }
}

/** C2, in words. Raw encodings of equal replicas differ, equal state vectors prove nothing. */
export function equalityFaults(replicas: readonly Replica[]): string[] {
  const faults: string[] = []
  const [first, ...others] = replicas.map(({ name, doc }) => ({ name, form: canonical(doc) }))
  for (const { name, doc } of replicas) {
    const { pendingStructs, pendingDs } = doc.store
    if (pendingStructs !== null || pendingDs !== null) faults.push(`[C2] ${name} waits for more`)
  }
  for (const { name, form } of others) {
    if (first !== undefined && !first.form.equals(form)) {
      faults.push(`[C2] ${name} differs from ${first.name}`)
    }
  }
  return faults
}

/**
 * The form in which equal documents have equal bytes: encoded, applied whole to a fresh document
 * that collects garbage and has no root defined, encoded again. Written here a second time: an
 * oracle that shared the server's code would share its mistakes.
 */
export function canonical(doc: Y.Doc): Buffer {
  const fresh = new Y.Doc()
  Y.applyUpdate(fresh, Y.encodeStateAsUpdate(doc))
  return Buffer.from(Y.encodeStateAsUpdate(fresh))
}

export const areEqual = (docs: readonly Y.Doc[]): boolean =>
  equalityFaults(docs.map((doc, index) => ({ name: `copy ${index}`, doc }))).length === 0
