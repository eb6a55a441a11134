import { type EntityId, entityId } from '../../src/core/ids.ts'

declare const boardId: unique symbol
/** The name of a board in its link: 1 to 64 of `A–Z a–z 0–9 _ -`. */
export type BoardId = string & { readonly [boardId]: true }

/**
 * What the address of the page says. `root` is where the pages lie: `https://host/`, or the path
 * that a proxy puts before it.
 */
export type BoardLink =
  | { readonly kind: 'board'; readonly root: string; readonly id: BoardId }
  | { readonly kind: 'none'; readonly root: string }
  | { readonly kind: 'bad'; readonly root: string; readonly reason: string }

const ID = /^[\w-]{1,64}$/
const KEY = 'tributary.board'
/** 62 of them to the power of 12 is 2^71: nobody finds a board by trying. */
const LENGTH = 12
const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789'

/**
 * @example boardOf('https://host/sub/b/plans') // { kind: 'board', id: 'plans', root: 'https://host/sub/' }
 * @example boardOf('https://host/sub/') // { kind: 'none', root: 'https://host/sub/' }
 */
export function boardOf(href: string): BoardLink {
  const name = /\/b\/([^/]+)$/.exec(new URL(href).pathname)?.[1]
  if (name === undefined) return { kind: 'none', root: new URL('.', href).href }
  const root = new URL('..', href).href
  const id = decoded(name)
  if (isBoardId(id)) return { kind: 'board', root, id }
  const shown = id.length > 80 ? `${id.slice(0, 80)}…` : id
  const reason = `No board is called "${shown}": a name has 1 to 64 letters from A to Z, digits, _ or -.`
  return { kind: 'bad', root, reason }
}

/** The link that opens the board for everybody. */
export function linkTo(root: string, id: BoardId): string {
  return new URL(`b/${id}`, root).href
}

/** A name that no board has yet, each as likely as any other. */
export function newBoardId(
  fill: (bytes: Uint8Array<ArrayBuffer>) => unknown = (bytes) => crypto.getRandomValues(bytes),
): BoardId {
  let id = ''
  const bytes = new Uint8Array(LENGTH * 2)
  while (id.length < LENGTH) {
    fill(bytes)
    // A byte from 248 on would make the first letters likelier: 256 is no multiple of 62.
    for (const byte of bytes) if (byte < 248) id += LETTERS[byte % LETTERS.length]
  }
  return id.slice(0, LENGTH) as BoardId
}

/** Where the board lives on the server. */
export function entityOf(id: BoardId): EntityId {
  return entityId(`b/${id}`)
}

/** The board that this browser had open last; `null` for none, or when storage is forbidden. */
export function lastBoard(): BoardId | null {
  try {
    const stored = storage().getItem(KEY)
    return stored !== null && isBoardId(stored) ? stored : null
  } catch {
    return null
  }
}

export function rememberBoard(id: BoardId): void {
  try {
    storage().setItem(KEY, id)
  } catch {
    // Storage is full or forbidden: the link is in the address, which is what counts.
  }
}

const isBoardId = (text: string): text is BoardId => ID.test(text)

/** By hand, since Node's types know no `localStorage`. @throws Where a browser forbids it. */
const storage = () => (globalThis as unknown as { localStorage: KeptTexts }).localStorage

interface KeptTexts {
  getItem(key: string): string | null
  setItem(key: string, text: string): void
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
