import type { SoundUpdate } from '../crdt/scan.ts'
import type { Author } from '../log/log.ts'
import type { Member } from './member.ts'

/** Who writes without a session: the server itself. */
const LOCAL = { actor: 'local', session: '' }

/** What arrives within one tick. */
export class Gathering {
  readonly updates: SoundUpdate[] = []
  /** When the first of it came, on the monotonic clock. */
  readonly since: number
  bytes = 0
  /** Client ids by who brought them. */
  readonly #authors = new Map<Member | null, Set<number>>()
  #isChanged = false

  constructor(since: number) {
    this.since = since
  }

  /** @param isChanged it is not what its author sent, so the author needs it too. */
  add(
    update: SoundUpdate,
    member: Member | null,
    clients: readonly number[],
    isChanged: boolean,
  ): void {
    this.updates.push(update)
    this.bytes += update.length
    this.#isChanged ||= isChanged
    let written = this.#authors.get(member)
    if (written === undefined) {
      written = new Set()
      this.#authors.set(member, written)
    }
    for (const client of clients) written.add(client)
  }

  /**
   * The only member that wrote it, who needs no copy. `null` when there were several, or when the
   * update is not what its author sent: then it goes to all, since an own update that comes back does
   * nothing, while encoding once per author would cost each of them.
   */
  get single(): Member | null {
    if (this.#authors.size !== 1 || this.#isChanged) return null
    const [member] = this.#authors.keys()
    return member ?? null
  }

  authors(): Author[] {
    return Array.from(this.#authors, ([member, clients]) => {
      // Not by `...author`: a field behind a spread cost 2 to 4 % of all CPU at one update per batch.
      const { actor, session } = member?.author ?? LOCAL
      return { actor, session, clients: [...clients] }
    })
  }
}
