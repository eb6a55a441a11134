export interface Element {
  readonly name: string
  readonly attributes: Readonly<Record<string, string>>
  readonly children: readonly Element[]
  readonly text: string
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&amp;': '&',
  '&lt;': '<',
  '&gt;': '>',
  '&quot;': '"',
  '&#39;': "'",
}
const WRITABLE = /^[\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]*$/u
const TAG = /<(\/?)([a-z]+)((?: [a-zA-Z:-]+="[^"<]*")*)(\/?)>/y
const TEXT = /[^<]+/y

/**
 * Reads the small part of XML that we write, and throws at anything else: tags in lower case,
 * attributes in double quotes, five entities.
 */
export function parseXml(source: string): Element {
  if (!source.isWellFormed() || !WRITABLE.test(source)) throw new Error('not writable in XML')
  const open: { -readonly [Key in keyof Element]: Element[Key] }[] = []
  let root: Element | null = null
  for (let at = 0; at < source.length; ) {
    TEXT.lastIndex = at
    const text = TEXT.exec(source)?.[0]
    if (text !== undefined) {
      const inside = open.at(-1)
      if (inside !== undefined) inside.text += decoded(text)
      else if (text.trim() !== '') throw new Error(`words outside of the root: ${text}`)
      at += text.length
      continue
    }
    TAG.lastIndex = at
    const tag = TAG.exec(source)
    if (tag === null) throw new Error(`no tag: ${source.slice(at, at + 80)}`)
    at += tag[0].length
    const [, closes, name = '', attributes = '', empty] = tag
    if (closes) {
      if (open.pop()?.name !== name || attributes || empty)
        throw new Error(`</${name}> closes nothing`)
      continue
    }
    if (root !== null && open.length === 0) throw new Error('a second root')
    const element = { name, attributes: attributesOf(attributes), children: [], text: '' }
    const parent = open.at(-1)
    if (parent !== undefined) parent.children = [...parent.children, element]
    root ??= element
    if (!empty) open.push(element)
  }
  if (root === null || open.length > 0) throw new Error('not closed')
  return root
}

function attributesOf(source: string): Record<string, string> {
  const found: Record<string, string> = {}
  for (const [, name = '', value = ''] of source.matchAll(/ ([^=]+)="([^"]*)"/g)) {
    if (name in found) throw new Error(`${name} twice`)
    found[name] = decoded(value)
  }
  return found
}

const decoded = (text: string): string =>
  text.replace(/&[^;]*;?/g, (entity) => {
    const sign = ENTITIES[entity]
    if (sign === undefined) throw new Error(`what is ${entity}?`)
    return sign
  })
