import type { Stroke } from '../model/shape.ts'

/**
 * Remembers what was made of a stroke by its packed bytes: these stay the same object while a stroke
 * is moved or coloured, when its shape becomes another. One result per bytes: another size or width
 * takes the place of the one before.
 */
export function byInk<Made>(make: (stroke: Stroke) => Made): (stroke: Stroke) => Made {
  const known = new WeakMap<Uint8Array, { readonly key: string; readonly made: Made }>()
  return (stroke) => {
    const key = `${stroke.kind} ${stroke.look.size} ${stroke.size.join(' ')}`
    const before = known.get(stroke.ink)
    if (before?.key === key) return before.made
    const made = make(stroke)
    known.set(stroke.ink, { key, made })
    return made
  }
}
