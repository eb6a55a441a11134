/** @example hex('00 02 02') // Uint8Array [0, 2, 2] */
export const hex = (text: string): Uint8Array =>
  Uint8Array.from(text.match(/[0-9a-f]{2}/gi) ?? [], (byte) => Number.parseInt(byte, 16))

/** @example toHex(Uint8Array.of(0, 2)) // '00 02' */
export const toHex = (bytes: Uint8Array): string =>
  Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join(' ')
