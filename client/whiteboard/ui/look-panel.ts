import { effect, type ReadonlySignal } from '@preact/signals-core'
import type { Editor } from '../editor/editor.ts'
import { COLOURS, FILLS, type Look, SIZES } from '../model/shape.ts'
import { colourOf, THEMES, type ThemeName } from '../scene/theme.ts'
import { type ChosenLook, chooseLook, chosenLook } from './chosen-look.ts'
import { iconButton } from './icon-button.ts'
import { icon } from './icons.ts'
import { roving } from './roving.ts'

export interface LookPlaces {
  readonly panel: HTMLElement
  /** On a phone it shows and hides the panel. It wears the colour and the size that are chosen. */
  readonly opener: HTMLButtonElement
  /** A press on it hides the panel on a phone. */
  readonly board: HTMLElement
}

/** One thing to choose: `{ part: 'colour', index: 2 }` is red. */
interface Choice {
  readonly part: keyof Look
  readonly index: number
  readonly button: HTMLButtonElement
}

const ICONS = { colour: 'dot', size: 'squiggle', fill: 'square' } as const

/** Colours, sizes and fills: of what is drawn next, and of what is selected. */
export function showLookPanel(
  { panel, opener, board }: LookPlaces,
  editor: Editor,
  theme: ReadonlySignal<ThemeName>,
): () => void {
  const choose = (change: Partial<Look>) => chooseLook(editor, change)
  const choices = [
    ...showPart(panel, 'colour', COLOURS, choose),
    ...showPart(panel, 'size', SIZES, choose),
    ...showPart(panel, 'fill', FILLS, choose),
  ]
  const settle = roving(panel)
  opener.append(icon('dot'))

  const stopShowing = effect(() => {
    const chosen = chosenLook(editor)
    // Hidden, the panel keeps what it showed: it fades away, and would change on its way out.
    panel.hidden = chosen === null
    if (chosen === null) return
    panel.querySelector('[data-part=fill]')?.toggleAttribute('hidden', !chosen.hasFill)
    press(choices, chosen)
    settle()
  })
  const stopColours = effect(() => {
    const shades = THEMES[theme.value]
    const { value } = editor.look
    for (const { part, index, button } of choices) {
      if (part === 'colour')
        button.style.color = colourOf(shades, 'line', { ...value, colour: index })
    }
    opener.style.color = colourOf(shades, 'line', value)
    opener.dataset.size = String(value.size)
  })

  const unfold = (open: boolean) => {
    opener.ariaExpanded = String(open)
    panel.toggleAttribute('data-unfolded', open)
    settle()
  }
  const toggle = () => unfold(opener.ariaExpanded !== 'true')
  const fold = () => unfold(false)
  unfold(false)
  opener.addEventListener('click', toggle)
  board.addEventListener('pointerdown', fold)

  return () => {
    stopShowing()
    stopColours()
    opener.removeEventListener('click', toggle)
    board.removeEventListener('pointerdown', fold)
    opener.replaceChildren()
    panel.replaceChildren()
  }
}

function showPart(
  panel: HTMLElement,
  part: keyof Look,
  names: readonly string[],
  choose: (change: Partial<Look>) => void,
): Choice[] {
  const group = document.createElement('div')
  group.role = 'group'
  group.ariaLabel = capital(part)
  group.dataset.part = part
  const choices = names.map((name, index) => {
    const button = iconButton(ICONS[part], { label: capital(name), keys: [] })
    button.dataset.index = String(index)
    button.addEventListener('click', () => choose({ [part]: index }))
    return { part, index, button }
  })
  group.append(...choices.map(({ button }) => button))
  panel.append(group)
  return choices
}

function press(choices: readonly Choice[], { look }: ChosenLook): void {
  for (const { part, index, button } of choices) button.ariaPressed = String(look[part] === index)
}

const capital = (word: string) => word.charAt(0).toUpperCase() + word.slice(1)
