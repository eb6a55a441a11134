import type { Aside } from '../../provider/store.ts'

/** As much as `String.fromCharCode` takes at once everywhere. */
const PIECE = 0x8000

/**
 * What a server did not take, as a file that a program can read: `update` is a Yjs update (v1) in
 * base64, which can be applied to a copy of the board.
 *
 * @example asideFile(asides) // '{"changes":[{"at":"2026-…","code":"too-large","reason":"…","update":"AQ…"}]}'
 */
export function asideFile(asides: readonly Aside[]): string {
  const changes = asides.map(({ at, code, reason, update }) => ({
    ...{ at: new Date(at).toISOString(), code, reason },
    update: base64(update),
  }))
  return `${JSON.stringify({ changes }, null, 2)}\n`
}

function base64(bytes: Uint8Array): string {
  let text = ''
  for (let from = 0; from < bytes.length; from += PIECE) {
    text += String.fromCharCode(...bytes.subarray(from, from + PIECE))
  }
  return btoa(text)
}
