/** Units of the board between dots at 100 %. */
const SPACING = 24
/** Fewer pixels between dots make a haze. */
const LEAST = 18

/**
 * Units of the board between the dots of the paper: 24, or so many halvings or doublings of it that
 * they stand 18 to 36 CSS pixels apart. `zoom` is CSS pixels per unit.
 */
export function dotSpacing(zoom: number): number {
  return SPACING * 2 ** Math.ceil(Math.log2(LEAST / (SPACING * zoom)))
}
