import type { Point } from '../geometry/point.ts'
import type { Place } from '../model/board.ts'
import { type Camera, fitting, zoomed } from './camera.ts'
import { chooseTool, TOOL_LABELS } from './choose-tool.ts'
import { beginEditing, endEditing } from './editing.ts'
import { type Editor, TOOLS, type ToolName } from './editor.ts'
import { travel } from './journey.ts'
import { nameOfAll } from './name-of.ts'
import { createWalk } from './walk.ts'

export const GROUPS = ['tools', 'edit', 'arrange', 'view', 'board'] as const

/** Something a person can ask for: by a key, in a menu, on the sheet of keys. One table for all. */
export interface Action {
  readonly id: string
  /** As on a button: `Bring to front`. */
  readonly label: string
  readonly group: (typeof GROUPS)[number]
  /**
   * `Ctrl+Shift+Z`, `]`, `?`: any of them does it. `Ctrl` is Cmd on a Mac. A letter without a
   * modifier is in capitals and means the key, with or without caps lock. The last sign is the key,
   * even if it is a plus: `Ctrl++`.
   */
  readonly keys: readonly string[]
  run(): void
  /** Missing: always. Reads signals only, so that an effect that asks runs again when it changes. */
  enabled?(): boolean
}

/** What the page does beyond the board itself. */
export interface PageDoings {
  share(): void
  showKeys(): void
  newBoard(): void
  exportPng(): void
  exportSvg(): void
  switchTheme(): void
  showFigures(): void
}

/**
 * What else there is to press, for the sheet of keys alone: the clipboard has events of its own
 * which a handled key would suppress, and the others are held down rather than pressed.
 */
export const OTHER_KEYS: readonly Pick<Action, 'label' | 'group' | 'keys'>[] = [
  { label: 'Copy', group: 'edit', keys: ['Ctrl+C'] },
  { label: 'Cut', group: 'edit', keys: ['Ctrl+X'] },
  { label: 'Paste', group: 'edit', keys: ['Ctrl+V'] },
  { label: 'Move the selection', group: 'arrange', keys: ['Arrows', 'Shift+Arrows'] },
  { label: 'Pan', group: 'view', keys: ['Space+drag'] },
]

const TOOL_KEYS = {
  select: 'V',
  hand: 'H',
  pen: 'P',
  highlighter: 'M',
  eraser: 'E',
  rectangle: 'R',
  ellipse: 'O',
  line: 'L',
  arrow: 'A',
  text: 'T',
  note: 'N',
} as const satisfies Record<ToolName, string>

const PLACES: readonly { id: string; place: Place; label: string; key: string; said: string }[] = [
  { id: 'to-front', place: 'front', label: 'Bring to front', key: ']', said: 'brought to front' },
  {
    id: 'forward',
    place: 'forward',
    label: 'Bring forward',
    key: 'Ctrl+]',
    said: 'brought forward',
  },
  {
    id: 'backward',
    place: 'backward',
    label: 'Send backward',
    key: 'Ctrl+[',
    said: 'sent backward',
  },
  { id: 'to-back', place: 'back', label: 'Send to back', key: '[', said: 'sent to back' },
]

/** Where copies go, so that they do not hide what they were made of; on the board. */
const COPY_OFFSET: Point = [16, 16]

/** One step of zoom. All steps lead over 100 %. */
const ZOOM_STEP = 1.25

/** Everything that can be asked for. The ids of the tools are their names. */
export function createActions(editor: Editor, page: PageDoings): readonly Action[] {
  return [
    ...toolActions(editor),
    ...editActions(editor),
    ...arrangeActions(editor),
    ...viewActions(editor),
    ...boardActions(editor, page),
  ]
}

const hasSelection =
  ({ selection }: Editor) =>
  (): boolean =>
    selection.value.size > 0

function toolActions(editor: Editor): Action[] {
  return TOOLS.map((name) => ({
    id: name,
    label: TOOL_LABELS[name],
    group: 'tools',
    keys: [TOOL_KEYS[name]],
    run: () => chooseTool(editor, name),
  }))
}

function editActions(editor: Editor): Action[] {
  const { board, selection, announcement } = editor
  const enabled = hasSelection(editor)
  const walk = createWalk(editor)
  const step = (by: 1 | -1) => () => {
    chooseTool(editor, 'select')
    walk(by)
  }
  const editable = () => {
    const [shape, ...more] = selection.value.size === 1 ? editor.selected.value : []
    return more.length === 0 && (shape?.kind === 'text' || shape?.kind === 'note') ? shape.id : null
  }
  const edit = (id: string, label: string, keys: readonly string[], run: () => void) =>
    ({ id, label, group: 'edit', keys, run }) as const
  return [
    {
      ...edit('undo', 'Undo', ['Ctrl+Z'], () => {
        travel(editor, 'undo')
        announcement.value = 'Undone'
      }),
      enabled: () => editor.canUndo.value,
    },
    {
      ...edit('redo', 'Redo', ['Ctrl+Shift+Z', 'Ctrl+Y'], () => {
        travel(editor, 'redo')
        announcement.value = 'Redone'
      }),
      enabled: () => editor.canRedo.value,
    },
    edit('select-all', 'Select all', ['Ctrl+A'], () => {
      chooseTool(editor, 'select')
      const all = editor.index.pile()
      selection.value = new Set(all.map(({ id }) => id))
      announcement.value = `${nameOfAll(all)} selected`
    }),
    edit('select-next', 'Select the next shape', ['.'], step(1)),
    edit('select-previous', 'Select the previous shape', [','], step(-1)),
    {
      ...edit('edit-text', 'Edit the text', ['Enter'], () => {
        const id = editable()
        if (id !== null) beginEditing(editor, id)
      }),
      enabled: () => editable() !== null,
    },
    {
      ...edit('duplicate', 'Duplicate', ['Ctrl+D'], () => {
        endEditing(editor)
        if (!enabled()) return
        selection.value = new Set(board.duplicate(selection.value, COPY_OFFSET))
        announcement.value = `${nameOfAll(editor.selected.value)} duplicated`
      }),
      enabled,
    },
    {
      ...edit('delete', 'Delete', ['Delete', 'Backspace'], () => {
        if (!enabled()) return
        const name = nameOfAll(editor.selected.value)
        board.remove(selection.value)
        selection.value = new Set()
        announcement.value = `${name} deleted`
      }),
      enabled,
    },
    {
      ...edit('select-nothing', 'Clear the selection', ['Escape'], () => {
        selection.value = new Set()
        announcement.value = 'Nothing selected'
      }),
      enabled,
    },
  ]
}

function arrangeActions(editor: Editor): Action[] {
  const { board, selection, announcement } = editor
  const enabled = hasSelection(editor)
  return PLACES.map(({ id, place, label, key, said }) => ({
    id,
    label,
    group: 'arrange',
    keys: [key],
    run() {
      if (!enabled()) return
      board.reorder(selection.value, place)
      announcement.value = `${nameOfAll(editor.selected.value)} ${said}`
    },
    enabled,
  }))
}

function viewActions(editor: Editor): Action[] {
  const { camera, view, index, announcement } = editor
  const look = (id: string, label: string, keys: readonly string[], to: () => Camera | null) =>
    ({
      id,
      label,
      group: 'view',
      keys,
      run() {
        camera.value = to() ?? camera.value
        announcement.value = `${Math.round(camera.value.zoom * 100)} %`
      },
    }) as const
  const centre = (): Point => [view.value.width / 2, view.value.height / 2]
  const zoomBy = (steps: number) => () => {
    const now = Math.round(Math.log(camera.value.zoom) / Math.log(ZOOM_STEP))
    return zoomed(camera.value, ZOOM_STEP ** (now + steps), centre())
  }
  return [
    look('zoom-in', 'Zoom in', ['Ctrl+=', 'Ctrl++', '=', '+'], zoomBy(1)),
    look('zoom-out', 'Zoom out', ['Ctrl+-', '-'], zoomBy(-1)),
    look('zoom-100', 'Zoom to 100 %', ['Ctrl+0', '0'], () => zoomed(camera.value, 1, centre())),
    {
      ...look('zoom-fit', 'Show everything', ['Shift+1'], () => {
        const all = index.extent()
        return all && fitting(all, view.value)
      }),
      enabled: () => editor.count.value > 0,
    },
    {
      ...look('zoom-selection', 'Show the selection', ['Shift+2'], () => {
        const frame = editor.frame.value
        return frame && fitting(frame, view.value)
      }),
      enabled: hasSelection(editor),
    },
  ]
}

function boardActions(editor: Editor, page: PageDoings): Action[] {
  const ask = (id: string, label: string, run: () => void, keys: readonly string[] = []) =>
    ({ id, label, group: 'board', keys, run }) as const
  const enabled = () => editor.count.value > 0
  return [
    ask('share', 'Share', () => page.share()),
    ask('new-board', 'New board', () => page.newBoard()),
    { ...ask('export-png', 'Save as PNG', () => page.exportPng()), enabled },
    { ...ask('export-svg', 'Save as SVG', () => page.exportSvg()), enabled },
    ask('theme', 'Light or dark', () => page.switchTheme()),
    ask('figures', 'Figures', () => page.showFigures()),
    ask('keys', 'Keys', () => page.showKeys(), ['?']),
  ]
}
