/** How many bytes `value` takes as an unsigned varint: seven bits each, the lowest first. */
export function varUintLength(value: number): number {
  let length = 1
  for (let rest = value; rest >= 128; rest = Math.floor(rest / 128)) length++
  return length
}

/** Writes `value` at `at` and returns the offset behind it. */
export function writeVarUint(into: Uint8Array, at: number, value: number): number {
  let rest = value
  let next = at
  while (rest >= 128) {
    into[next++] = (rest % 128) | 0x80
    rest = Math.floor(rest / 128)
  }
  into[next++] = rest
  return next
}
