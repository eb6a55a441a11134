import type { Member } from './member.ts'

/** Who has an entity open, to be looked at. */
export interface ReadonlyMembers extends Iterable<Member> {
  readonly size: number
  has(member: Member): boolean
}

/** Who has an entity open. Nearly always nobody or one: only for more is there a Set (152 bytes). */
export class Members implements ReadonlyMembers {
  #only: Member | null = null
  /** All of them, once there were two. */
  #all: Set<Member> | null = null

  get size(): number {
    if (this.#all !== null) return this.#all.size
    return this.#only === null ? 0 : 1
  }

  has(member: Member): boolean {
    return this.#all?.has(member) ?? this.#only === member
  }

  [Symbol.iterator](): Iterator<Member> {
    if (this.#all !== null) return this.#all.values()
    return (this.#only === null ? [] : [this.#only]).values()
  }

  /** Adding twice is adding once. */
  add(member: Member): void {
    if (this.#all !== null) this.#all.add(member)
    else if (this.#only === null) this.#only = member
    else if (this.#only !== member) {
      this.#all = new Set([this.#only, member])
      this.#only = null
    }
  }

  /** @returns whether it was there. */
  delete(member: Member): boolean {
    if (!this.has(member)) return false
    this.#all?.delete(member)
    this.#only = null
    if (this.#all?.size === 0) this.#all = null
    return true
  }

  clear(): void {
    this.#only = null
    this.#all = null
  }
}
