import { type Action, GROUPS, OTHER_KEYS } from '../editor/actions.ts'
import { isMac } from '../input/is-mac.ts'
import { keyParts } from './key-parts.ts'
import { sheet } from './sheet.ts'

type Group = (typeof GROUPS)[number]
const TITLES: Readonly<Record<Group, string>> = {
  tools: 'Tools',
  edit: 'Edit',
  arrange: 'Arrange',
  view: 'View',
  board: 'Board',
}

/** What has no key: said in words on both sides. */
const GESTURES: readonly (readonly [what: string, how: string])[] = [
  ['Pan', 'Wheel, or two fingers'],
  ['Zoom', 'Ctrl and wheel, or pinch'],
  ['Straight line, square, circle', 'Hold Shift'],
  ['Draw from the middle', 'Hold Alt'],
  ['Select several', 'Shift and press, or pull a frame'],
  ['Write in a shape', 'Double press'],
]

/** All keys, from the table that the keyboard itself goes by. Returns what opens it. */
export function showKeysSheet(dialog: HTMLDialogElement, actions: readonly Action[]): () => void {
  const columns = document.createElement('div')
  columns.className = 'columns'
  for (const group of GROUPS) {
    const entries = [...actions, ...OTHER_KEYS]
      .filter((each) => each.group === group && each.keys.length > 0)
      .map(({ label, keys }) => entryOf(label, keys.map(keysOf)))
    if (entries.length > 0) columns.append(sectionOf(TITLES[group], entries))
  }
  const gestures = GESTURES.map(([what, how]) => {
    return entryOf(what, [document.createTextNode(isMac ? how.replace('Ctrl', '⌘') : how)])
  })
  const byHand = sectionOf('Mouse and touch', gestures)
  // Who points with a finger has hardly a keyboard.
  if (matchMedia('(pointer: coarse)').matches) columns.prepend(byHand)
  else columns.append(byHand)
  dialog.append(columns)
  return sheet(dialog)
}

function sectionOf(title: string, entries: readonly HTMLElement[]): HTMLElement {
  const section = document.createElement('section')
  const heading = document.createElement('h3')
  heading.textContent = title
  const list = document.createElement('dl')
  list.append(...entries)
  section.append(heading, list)
  return section
}

function entryOf(what: string, ways: readonly Node[]): HTMLElement {
  const entry = document.createElement('div')
  const name = document.createElement('dt')
  name.textContent = what
  entry.append(name)
  for (const way of ways) {
    const description = document.createElement('dd')
    description.append(way)
    entry.append(description)
  }
  return entry
}

/** `<kbd>`s, one for each key to hold or to press. */
function keysOf(key: string): DocumentFragment {
  const keys = document.createDocumentFragment()
  for (const part of keyParts(key, isMac)) {
    const element = document.createElement('kbd')
    element.textContent = part
    keys.append(element)
  }
  return keys
}
