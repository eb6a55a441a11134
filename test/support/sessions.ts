import * as Y from 'yjs'
import { Seeded } from './seeded.ts'

/**
 * Runs for seeds 1 to `count`; a failure names its seed. `SEED=17` runs that one alone, `TIMES=20`
 * as many times more of them.
 */
export function forSeeds(count: number, run: (random: Seeded) => void): void {
  const only = Number(process.env.SEED ?? 0)
  const last = only || count * Number(process.env.TIMES ?? 1)
  for (let seed = only || 1; seed <= last; seed++) {
    try {
      run(new Seeded(seed))
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error)
      throw new Error(`seed ${seed}: ${message}`, { cause: error })
    }
  }
}

/** The items in another order. */
export function shuffled<Item>(items: readonly Item[], random: Seeded): Item[] {
  const rest = [...items]
  const out: Item[] = []
  while (rest.length > 0) out.push(...rest.splice(random.int(0, rest.length - 1), 1))
  return out
}

export interface EditorOptions {
  /** False keeps what was deleted, as applications with versions do. */
  readonly gc?: boolean
  /** False has no undo manager, which keeps what it may have to bring back. */
  readonly undo?: boolean
  readonly clientId?: number
}

/** One Yjs client with typed roots and an undo manager, as an application has them. */
export class Editor {
  readonly doc: Y.Doc
  readonly #undo: Y.UndoManager | null
  #updates: Uint8Array[] = []

  constructor(random: Seeded, options: EditorOptions = {}) {
    this.doc = new Y.Doc({ gc: options.gc ?? true })
    this.doc.clientID = options.clientId ?? random.int(1, 2 ** 32 - 1)
    const roots = this.#roots()
    this.#undo = options.undo === false ? null : new Y.UndoManager(roots, { captureTimeout: 0 })
    this.doc.on('update', (update: Uint8Array, origin: unknown) => {
      // Its own edits, and the clean-up that Yjs makes by itself after a remote change.
      if (origin !== REMOTE) this.#updates.push(update)
    })
  }

  /** Own updates since the last call, in order. */
  drain(): Uint8Array[] {
    const updates = this.#updates
    this.#updates = []
    return updates
  }

  receive(update: Uint8Array): void {
    Y.applyUpdate(this.doc, update, REMOTE)
  }

  /** What a client answers to a step1. */
  answer(stateVector?: Uint8Array): Uint8Array {
    return Y.encodeStateAsUpdate(this.doc, stateVector)
  }

  /** A few random edits in one transaction. */
  edit(random: Seeded): void {
    if (random.chance(0.06)) this.#undo?.undo()
    else if (random.chance(0.03)) this.#undo?.redo()
    else {
      this.doc.transact(() => {
        for (let left = random.int(1, 3); left > 0; left--) editAnywhere(this.#roots(), random)
      })
    }
  }

  close(): void {
    this.#undo?.destroy()
    this.doc.destroy()
  }

  #roots(): Container[] {
    const { doc } = this
    return [
      doc.getText('text'),
      doc.getMap('map'),
      doc.getArray('array'),
      doc.getXmlFragment('xml'),
    ]
  }
}

/** The origin of what came from others: such an update is not the editor's own. */
export const REMOTE = Symbol('remote')

type Container = Y.Text | Y.Map<unknown> | Y.Array<unknown> | Y.XmlFragment

function editAnywhere(roots: readonly Container[], random: Seeded): void {
  let target = random.pick(roots)
  while (random.chance(0.6)) {
    const inner = childrenOf(target)
    if (inner.length === 0) break
    target = random.pick(inner)
  }
  if (target instanceof Y.Text) editText(target, random)
  else if (target instanceof Y.Map) editMap(target, random)
  else if (target instanceof Y.Array) editArray(target, random)
  else editXml(target, random)
}

function childrenOf(target: Container): Container[] {
  const held: unknown[] =
    target instanceof Y.Text
      ? []
      : target instanceof Y.Map
        ? [...target.values()]
        : target.toArray()
  return held.filter((value): value is Container => value instanceof Y.AbstractType)
}

const newType = (random: Seeded): Container =>
  random.pick([
    () => new Y.Map<unknown>([['made', random.int(0, 9)]]),
    () => Y.Array.from<string | number>([random.int(0, 9), shortText(random)]) as Y.Array<unknown>,
    () => new Y.Text(shortText(random)),
  ])()

function editText(text: Y.Text, random: Seeded): void {
  const at = random.int(0, text.length)
  const length = Math.min(random.int(1, 5), text.length - at)
  switch (random.int(0, 5)) {
    case 0:
    case 1:
      if (length > 0) text.delete(at, length)
      break
    case 2:
      if (length > 0) {
        text.format(at, length, {
          [random.pick(['bold', 'color'])]: random.pick([true, 'red', null]),
        })
      }
      break
    case 3:
      if (random.chance(0.3)) text.insertEmbed(at, { image: shortText(random) })
      else text.insert(at, shortText(random), { bold: true })
      break
    default:
      text.insert(at, shortText(random))
  }
}

function editMap(map: Y.Map<unknown>, random: Seeded): void {
  const key = random.pick(['a', 'b', 'c', '', '__proto__'])
  if (random.chance(0.25)) map.delete(key)
  else if (random.chance(0.05)) map.set(key, new Y.Doc({ guid: shortText(random) }))
  else map.set(key, random.chance(0.3) ? newType(random) : anyValue(random))
}

function editArray(array: Y.Array<unknown>, random: Seeded): void {
  const at = random.int(0, array.length)
  const length = Math.min(random.int(1, 3), array.length - at)
  if (random.chance(0.35) && length > 0) array.delete(at, length)
  else if (random.chance(0.3)) array.insert(at, [newType(random)])
  else array.insert(at, [anyValue(random), anyValue(random)])
}

function editXml(xml: Y.XmlFragment, random: Seeded): void {
  const at = random.int(0, xml.length)
  if (xml instanceof Y.XmlElement && random.chance(0.4)) {
    xml.setAttribute(random.pick(['id', 'class']), shortText(random))
  } else if (random.chance(0.3) && at < xml.length) {
    xml.delete(at, 1)
  } else {
    const child = random.chance(0.5) ? new Y.XmlElement('p') : new Y.XmlText(shortText(random))
    xml.insert(at, [child])
  }
}

/** No surrogate pairs: an edit that cuts one makes Yjs itself diverge. */
function shortText(random: Seeded): string {
  const letters = [...'abcdefghij klmnop\nqrstuvé漢ß']
  return Array.from({ length: random.int(1, 6) }, () => random.pick(letters)).join('')
}

function anyValue(random: Seeded): Value {
  return random.pick<() => Value>([
    () => random.int(0, 1000),
    () => shortText(random),
    () => random.pick([null, true, -0, 1.5]),
    () => [1, 'two', { deep: { three: random.int(0, 9) } }],
    () => new Uint8Array([random.int(0, 255)]),
  ])()
}

type Value = string | number | boolean | null | unknown[] | Uint8Array
