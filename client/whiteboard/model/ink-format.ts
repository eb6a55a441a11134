/**
 * How points are packed. A stroke travels in chunks while it is drawn and is kept as one chunk.
 *
 * ```
 * first chunk  version=1 | 64 + exponent of the unit | pressure 0–64 | block
 * each later   block
 * block        varuint 2·n + varying | pressures | n places
 * pressures    only if varying: n × 2 bits, the lowest first, padded with 0:
 *              0 as before · 1 one more · 2 one less · 3 a byte 0–64 in front of the place
 * place        one to eleven bytes, below
 * ```
 *
 * A place is told by how far off a guess was: the pen goes on as it went (the last step once more).
 * Hands are smooth and are asked 60 to 240 times a second, so the guess is mostly off by a unit or
 * two: 98 of 100 places of lively writing (500 pixels per second) take one byte. Plain steps, which
 * were tried first, take two, and three or four when the pen is fast.
 *
 * ```
 * 0–224       both within ±7: (dx + 7) · 15 + dy + 7
 * 225–254, b  both within ±43: v = (dx + 43) · 87 + dy + 43, as 225 + (v >> 8), v & 255
 * 255         two zigzag varuints
 * ```
 *
 * Each chunk goes on where the one before ended: place, step and pressure.
 */
export const VERSION = 1
export const EXPONENT_ZERO = 64
/** Units from 2⁻¹⁶ to 2¹⁶. */
export const MOST_EXPONENT = 16
export const PRESSURES = 64
export const NEAR = 7
export const NEAR_SPAN = 2 * NEAR + 1
export const MIDDLE = 43
export const MIDDLE_SPAN = 2 * MIDDLE + 1
export const FIRST_MIDDLE = NEAR_SPAN * NEAR_SPAN
export const FAR = 255
/** Coordinates in units of the stroke stay below this, so that guesses stay exact. */
export const MOST_STEPS = 2 ** 30
