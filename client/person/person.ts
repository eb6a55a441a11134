/** How one person shows to the others: the awareness state of this page is `{ user: Person }`. */
export interface Person {
  readonly name: string
  /** One of the colours of the stylesheet: 0 to `COLOURS` − 1. */
  readonly colour: number
}

export const COLOURS = 8
/** The longest name, in characters. */
export const NAME_LENGTH = 40

const FIRST = 'Quiet Amber Brisk Calm Early Gentle Lucky Misty Nimble Silver Steady Sunny'.split(
  ' ',
)
const LAST = 'Heron Otter Beaver Newt Trout Dipper Crane Swan Pike Frog Egret Vole'.split(' ')
// What breaks a line, and what turns the direction of everything after it.
const UNRULY = /[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]/gu
const VISIBLE = /[^\p{Cf}\p{Z}\p{M}]/u

/** The name in one line and of bounded length; `null` when there is nothing to see of it. */
export function cleanName(name: string): string | null {
  const line = name.slice(0, 1_000).toWellFormed().replace(UNRULY, ' ').replace(/\s+/g, ' ').trim()
  return VISIBLE.test(line) ? [...line].slice(0, NAME_LENGTH).join('') : null
}

/**
 * Who an awareness state is about. Any client can write anything there, so nothing is taken on
 * trust: what is missing or wrong becomes "Somebody", in the colour of the client's id.
 */
export function personOf(state: unknown, client: number): Person {
  const user = fieldOf(state, 'user')
  const name = fieldOf(user, 'name')
  const colour = fieldOf(user, 'colour')
  const known = typeof colour === 'number' && Number.isInteger(colour) && colour >= 0
  return {
    name: (typeof name === 'string' ? cleanName(name) : null) ?? 'Somebody',
    colour: (known ? colour : client) % COLOURS,
  }
}

const fieldOf = (value: unknown, field: string): unknown =>
  typeof value === 'object' && value !== null && Object.hasOwn(value, field)
    ? Reflect.get(value, field)
    : undefined

const below = (end: number) => Math.floor(Math.random() * end)

export function randomPerson(): Person {
  const name = [FIRST, LAST].map((words) => words[below(words.length)]).join(' ')
  return { name, colour: below(COLOURS) }
}
