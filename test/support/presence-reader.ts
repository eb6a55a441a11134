import { type AwarenessEntry, readAwareness } from '../../src/crdt/awareness.ts'
import type { Member } from '../../src/entity/member.ts'
import type { PresenceBatch } from '../../src/entity/presence/presence-batch.ts'

export const LIMITS = { bytes: 16_384, depth: 64 }
const text = new TextEncoder()

export const entry = (client: number, clock: number, state: string | null): AwarenessEntry => ({
  client,
  clock,
  state: state === null ? null : text.encode(state),
})

/** What a body says, as `client:clock=state`. */
export const told = (body: Uint8Array): string[] =>
  readAwareness(body, LIMITS).entries.map(
    ({ client, clock, state }) =>
      `${client}:${clock}=${state === null ? 'null' : new TextDecoder().decode(state)}`,
  )

/** A member that writes down what it is told of others and of itself. */
export class Reader implements Member {
  readonly author = { actor: 'anonymous', session: 's' }
  heard: string[][] = []
  aligned: string[][] = []
  deliver() {}
  durable() {}
  echo() {}
  ask() {
    return false
  }
  evict() {}
  align(body: Uint8Array) {
    this.aligned.push(told(body))
  }
  presence(batch: PresenceBatch<Member>) {
    this.heard.push(told(batch.frame(this, (body) => body)))
  }
  get last(): string[] | undefined {
    return this.heard.at(-1)
  }
}
