import { hex } from '../support/hex.ts'

/** The root `t`, no key. */
export const T = '01 01 74'

/** One struct of client 7 at clock 0, in an update without deletes. */
export const one = (struct: string): Uint8Array => hex(`01 01 07 00 ${struct} 00`)

/** An unsigned varint as hex digits. */
export function uint(value: number): string {
  let digits = ''
  let rest = value
  for (; rest >= 128; rest = Math.floor(rest / 128)) digits += byte((rest % 128) | 0x80)
  return digits + byte(rest)
}

/** A text with its length before it, as hex digits. */
export function text(value: string): string {
  const bytes = Buffer.from(value)
  return uint(bytes.length) + bytes.toString('hex')
}

const byte = (value: number): string => value.toString(16).padStart(2, '0')
