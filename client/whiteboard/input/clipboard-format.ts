import { MOST_TEXT } from '../model/limits.ts'
import { shapeOf } from '../model/read-shape.ts'
import type { NewShape, ShapeId } from '../model/shape.ts'

/** Nobody copies more by hand, and what a web page put on the clipboard must not stop this one. */
export const MOST_SHAPES = 5_000
const MOST_CHARACTERS = 16_000_000

const MARK = 'data-tributary-shapes'

/**
 * What goes on the clipboard: the words of the shapes as plain text, for other programs, and as HTML
 * the same words with the shapes themselves in an attribute.
 *
 * HTML, because it is the one type that gets from every browser to every other with attributes
 * intact. A type of our own does not leave the browser (Safari: not even the site), and JSON as
 * plain text is what people would then see when they paste into a mail. Base64, because browsers
 * rewrite the HTML, and in that alphabet there is nothing to rewrite.
 */
export function toClipboard(shapes: readonly NewShape[]): { html: string; text: string } {
  const text = shapes
    .map((shape) => ('text' in shape ? shape.text : ''))
    .filter((words) => words !== '')
    .join('\n')
  const json = JSON.stringify({ v: 1, shapes: shapes.map(plainOf) })
  const packed = toBase64(new TextEncoder().encode(json))
  return { html: `<div ${MARK}="${packed}">${escaped(text)}</div>`, text }
}

/**
 * The shapes in what was pasted; `null` if there are none of ours. Anybody can have written it, so
 * it is read like what stands in a document: a shape that is none is left out.
 */
export function fromClipboard(html: string): NewShape[] | null {
  if (html.length > MOST_CHARACTERS) return null
  const packed = /data-tributary-shapes="([A-Za-z0-9+/]+={0,2})"/.exec(html)?.[1]
  if (packed === undefined) return null
  try {
    const json: unknown = JSON.parse(new TextDecoder().decode(fromBase64(packed)))
    if (fieldOf(json, 'v') !== 1) return null
    const shapes = fieldOf(json, 'shapes')
    if (!Array.isArray(shapes)) return null
    const read = shapes.slice(0, MOST_SHAPES).flatMap((value) => readOne(value) ?? [])
    return read.length > 0 ? read : null
  } catch {
    return null
  }
}

/** Pasted words as a shape may have them: whole characters, lines ending in `\n`, bounded. */
export const cleanWords = (text: string): string =>
  text.slice(0, MOST_TEXT).toWellFormed().replace(/\r\n?/g, '\n').replaceAll('\0', '')

function plainOf(shape: NewShape): object {
  const { kind, at, size, look } = shape
  const common = { kind, at, size, look: [look.colour, look.size, look.fill] }
  if ('ink' in shape) return { ...common, ink: toBase64(shape.ink) }
  return 'text' in shape ? { ...common, text: shape.text } : common
}

function readOne(value: unknown): NewShape | null {
  const fields = new Map(
    ['kind', 'at', 'size', 'look'].map((name) => [name, fieldOf(value, name)] as const),
  )
  const ink = fieldOf(value, 'ink')
  if (typeof ink === 'string') fields.set('ink', bytesOf(ink))
  const text = fieldOf(value, 'text')
  const shape = shapeOf('' as ShapeId, fields, typeof text === 'string' ? cleanWords(text) : null)
  if (shape === null) return null
  const { id: _, order: __, ...read } = shape
  return read
}

const fieldOf = (value: unknown, field: string): unknown =>
  typeof value === 'object' && value !== null && Object.hasOwn(value, field)
    ? Reflect.get(value, field)
    : undefined

function toBase64(bytes: Uint8Array): string {
  let binary = ''
  // A call takes no more than some ten thousand arguments.
  for (let at = 0; at < bytes.length; at += 8_192) {
    binary += String.fromCharCode(...bytes.subarray(at, at + 8_192))
  }
  return btoa(binary)
}

const fromBase64 = (text: string): Uint8Array =>
  Uint8Array.from(atob(text), (unit) => unit.charCodeAt(0))

/** `null` for what is no Base64. */
function bytesOf(text: string): Uint8Array | null {
  try {
    return fromBase64(text)
  } catch {
    return null
  }
}

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;' }
const escaped = (text: string) =>
  text.replace(/[&<>]/g, (sign) => ENTITIES[sign] ?? sign).replaceAll('\n', '<br>')
