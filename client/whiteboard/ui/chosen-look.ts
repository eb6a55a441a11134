import type { Editor } from '../editor/editor.ts'
import type { Change, Look, Shape, ShapeId } from '../model/shape.ts'

/** What the panel of looks has to show. */
export interface ChosenLook {
  /** Whether what is drawn next, or what is selected, has a fill. */
  readonly hasFill: boolean
  /** `null` for each part in which the selected shapes differ. */
  readonly look: Readonly<CommonLook>
}

type CommonLook = Record<keyof Look, number | null>
const PARTS = ['colour', 'size', 'fill'] as const

/**
 * The look of what is selected, or of what the tool in the hand draws next; `null` when neither is
 * there. Reads signals, and follows them in an effect.
 */
export function chosenLook({ selected, tool, look }: Editor): ChosenLook | null {
  const shapes = selected.value
  if (shapes.length > 0) return { hasFill: shapes.some(isFilled), look: commonLook(shapes) }
  const kind = tool.value
  if (kind === 'select' || kind === 'hand' || kind === 'eraser') return null
  return { hasFill: isFilled({ kind }), look: look.value }
}

const isFilled = ({ kind }: Pick<Shape, 'kind'>) => kind === 'rectangle' || kind === 'ellipse'

function commonLook([first, ...more]: readonly Shape[]): ChosenLook['look'] {
  const common: CommonLook = { colour: null, size: null, fill: null }
  for (const part of PARTS) {
    const value = first?.look[part] ?? null
    if (more.every(({ look }) => look[part] === value)) common[part] = value
  }
  return common
}

/**
 * Gives what is drawn next, and what is selected, another colour, size or fill: for the selection
 * one step of undo. What looks like that already is not written again.
 */
export function chooseLook({ board, selected, look }: Editor, change: Partial<Look>): void {
  look.value = { ...look.value, ...change }
  const changes = new Map<ShapeId, Change>()
  for (const { id, look: before } of selected.value) {
    const after = { ...before, ...change }
    if (PARTS.some((part) => after[part] !== before[part])) changes.set(id, { look: after })
  }
  if (changes.size === 0) return
  board.history.cut()
  board.change(changes)
}
