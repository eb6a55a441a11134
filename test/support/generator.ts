import * as Y from 'yjs'
import type { Seeded } from './seeded.ts'

/** `[position, deleted, inserted]`; position and length count Unicode code points. */
export type Patch = readonly [position: number, deleted: number, inserted: string]

/** A recorded session, in the format of the public collection `editing-traces`. */
export interface Trace {
  readonly kind?: 'concurrent'
  readonly startContent?: string
  readonly endContent: string
  readonly numAgents?: number
  readonly txns: readonly TraceTransaction[]
}

export interface TraceTransaction {
  /** Indexes of the transactions that this one had seen, the newest of each branch. */
  readonly parents?: readonly number[]
  readonly agent?: number
  readonly patches: readonly Patch[]
}

const WORDS =
  'the a log holds every entry naïve café 日本語 🙂 👩‍🚀 is was durable before it says so, and so on.\n'.split(
    ' ',
  )

/** Somebody at a keyboard: types mostly, backspaces, jumps, pastes, replaces what is selected. */
export class Typist {
  readonly #random: Seeded
  #cursor = 0
  #pending: string[] = []

  constructor(random: Seeded) {
    this.#random = random
  }

  /** What is done next to that text. */
  next(text: string): Patch {
    const random = this.#random
    const length = [...text].length
    this.#cursor = Math.min(this.#cursor, length)
    if (random.chance(0.04)) this.#cursor = random.int(0, length)
    if (this.#cursor > 0 && random.chance(0.12)) {
      this.#cursor--
      return [this.#cursor, 1, '']
    }
    if (random.chance(0.02)) return this.#insert(random.int(0, 3), this.#phrase(12), length)
    if (random.chance(0.02)) return this.#insert(random.int(1, 20), '', length)
    if (this.#pending.length === 0) this.#pending = [...this.#phrase(1)]
    return this.#insert(0, this.#pending.shift() as string, length)
  }

  #insert(deleted: number, text: string, length: number): Patch {
    const at = this.#cursor
    this.#cursor += [...text].length
    return [at, Math.min(deleted, length - at), text]
  }

  #phrase(words: number): string {
    return Array.from({ length: words }, () => `${this.#random.pick(WORDS)} `).join('')
  }
}

/** Applies one patch; Yjs counts UTF-16 code units, a patch counts code points. */
export function applyPatch(text: Y.Text, [position, deleted, inserted]: Patch): void {
  const points = [...text.toString()]
  const units = (from: number, to: number) => points.slice(from, to).join('').length
  const at = units(0, position)
  const length = units(position, position + deleted)
  if (length > 0) text.delete(at, length)
  if (inserted !== '') text.insert(at, inserted)
}

/** One author, one transaction after another. */
export function sequentialTrace(random: Seeded, transactions: number): Trace {
  const text = new Y.Doc().getText()
  const typist = new Typist(random)
  const txns = Array.from({ length: transactions }, () => {
    const patch = typist.next(text.toString())
    applyPatch(text, patch)
    return { patches: [patch] }
  })
  return { startContent: '', endContent: text.toString(), txns }
}

/**
 * Several authors, who now and then get to see what the others have done. `endContent` is what Yjs
 * makes of it when client ids ascend with the agents.
 */
export function concurrentTrace(random: Seeded, agents: number, transactions: number): Trace {
  const authors = Array.from({ length: agents }, (_, agent) => new Author(agent, random))
  const txns: TraceTransaction[] = []
  for (let index = 0; index < transactions; index++) {
    const author = random.pick(authors)
    if (random.chance(0.2)) author.catchUp(random.pick(authors))
    txns.push({ parents: author.heads, agent: author.agent, patches: [author.write(index)] })
  }
  const [all, ...others] = authors as [Author, ...Author[]]
  for (const other of others) all.catchUp(other)
  return { kind: 'concurrent', numAgents: agents, endContent: all.text.toString(), txns }
}

class Author {
  readonly agent: number
  readonly #doc = new Y.Doc()
  readonly #typist: Typist
  /** Every transaction this author has seen: its index and what it had seen itself. */
  #seen = new Map<number, ReadonlySet<number>>()

  constructor(agent: number, random: Seeded) {
    this.agent = agent
    this.#doc.clientID = agent + 1
    this.#typist = new Typist(random)
  }

  get text(): Y.Text {
    return this.#doc.getText()
  }

  /** What nothing else that was seen comes after. */
  get heads(): readonly number[] {
    const followed = new Set([...this.#seen.values()].flatMap((before) => [...before]))
    return [...this.#seen.keys()].filter((index) => !followed.has(index))
  }

  write(index: number): Patch {
    const patch = this.#typist.next(this.text.toString())
    this.#doc.transact(() => applyPatch(this.text, patch))
    this.#seen.set(index, new Set(this.#seen.keys()))
    return patch
  }

  catchUp(other: Author): void {
    if (other === this) return
    Y.applyUpdate(this.#doc, Y.encodeStateAsUpdate(other.#doc))
    this.#seen = new Map([...this.#seen, ...other.#seen])
  }
}
