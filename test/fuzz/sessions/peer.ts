import type { Seeded } from '../../support/seeded.ts'

/** One replica of one implementation. All of them speak update format V1. */
export interface Peer {
  /**
   * Whether it must not be given an update before what that depends on. yrs forgets gaps while it
   * waits, and then sends structs on under other clocks than their own, or panics.
   */
  readonly onlyClosed: boolean
  /** Edits something somewhere, seldom more than one thing, and says what. */
  edit(): string
  /** The updates that edits and deliveries have made since the last call. */
  take(): Uint8Array[]
  apply(update: Uint8Array): void
  stateVector(): Uint8Array
  /** Everything it has, or what a peer with that state vector lacks. */
  encode(stateVector?: Uint8Array): Uint8Array
  free(): void
}

const WORDS = [
  '',
  'a',
  'the log',
  'naïve café',
  '日本語',
  '🙂',
  '👩‍🚀 and more',
  '\u0000',
  '\ufeffmark',
  '\n',
]
const KEYS = ['', 'a', 'b', 'key', 'ключ', '🔑', '__proto__', 'constructor']
const FORMATS = [{ bold: true }, { bold: null }, { link: { href: 'x' } }, { size: 1.5 }, { i: '' }]

export const word = (random: Seeded): string => random.pick(WORDS)
export const someText = (random: Seeded): string => random.pick(WORDS.slice(1))
/** Without surrogates: yrs miscounts a text that was split inside a pair. */
export const plainText = (random: Seeded): string =>
  random.pick(WORDS.slice(1).filter((text) => !/[\ud800-\udfff]/.test(text)))
export const key = (random: Seeded): string => random.pick(KEYS)
export const format = (random: Seeded): Record<string, unknown> => random.pick(FORMATS)

/** A value that JSON can hold. */
export function jsonValue(random: Seeded, depth = 3): unknown {
  switch (random.int(0, depth === 0 ? 6 : 8)) {
    case 0:
      return null
    case 1:
      return random.chance(0.5)
    case 2:
      return random.int(-1000, 1000)
    case 3:
      return random.pick([
        0,
        -0,
        63,
        64,
        -64,
        2 ** 31 - 1,
        2 ** 31,
        -(2 ** 31),
        2 ** 53,
        -(2 ** 60),
      ])
    case 4:
      return random.pick([0.5, 0.1, 1e300, 5e-324, -1.5])
    case 5:
    case 6:
      return word(random)
    case 7:
      return Array.from({ length: random.int(0, 3) }, () => jsonValue(random, depth - 1))
    default:
      return Object.fromEntries(
        Array.from({ length: random.int(0, 3) }, (_, i) => [`k${i}`, jsonValue(random, depth - 1)]),
      )
  }
}

/** A value of Yjs' own encoding: besides JSON NaN, bytes, and inside of others undefined and big integers. */
export function anyValue(random: Seeded): unknown {
  if (random.chance(0.7)) return jsonValue(random)
  return random.pick([
    Number.NaN,
    Number.POSITIVE_INFINITY,
    random.bytes(random.int(0, 5)),
    { inside: random.bytes(2), list: [undefined, -(2n ** 63n)] },
  ])
}
