import { effect, type ReadonlySignal } from '@preact/signals-core'
import type { Figures } from '../showoff/figures.ts'
import { setAble } from './action-button.ts'
import { FIGURE_ROWS } from './figure-words.ts'
import { iconButton } from './icon-button.ts'

/** What the panel needs of the show-off. */
export interface Show {
  readonly figures: ReadonlySignal<Figures>
  readonly hasBots: ReadonlySignal<boolean>
  /** Whether this page has been taken offline. */
  readonly isOffline: ReadonlySignal<boolean>
  /** How many of the shapes are there, 0 to 1; `null` while none are being added. */
  readonly adding: ReadonlySignal<number | null>
  begin(): void
  end(): void
  addShapes(): void
  toggleBots(): void
  toggleOffline(): void
}

/** Live figures, and what makes them worth a look. Returns what opens the panel and closes it. */
export function showFigures(panel: HTMLElement, show: Show): () => void {
  const list = document.createElement('dl')
  const values = FIGURE_ROWS.map(([name]) => {
    const row = document.createElement('div')
    const term = document.createElement('dt')
    const value = document.createElement('dd')
    term.textContent = name
    row.append(term, value)
    list.append(row)
    return value
  })
  const shapes = document.createElement('button')
  const bots = document.createElement('button')
  const offline = document.createElement('button')
  for (const button of [shapes, bots, offline]) button.type = 'button'
  bots.textContent = '20 bots'
  offline.textContent = 'Offline'
  shapes.addEventListener('click', () => {
    if (show.adding.value === null) show.addShapes()
  })
  bots.addEventListener('click', () => show.toggleBots())
  offline.addEventListener('click', () => show.toggleOffline())
  const buttons = document.createElement('div')
  buttons.className = 'ways'
  buttons.append(shapes, bots, offline)
  const close = iconButton('close', { label: 'Close', keys: [] })
  close.className = 'close'
  panel.append(list, buttons, close)

  effect(() => {
    const { value } = show.figures
    for (const [row, [, words]] of FIGURE_ROWS.entries()) {
      const element = values[row]
      const text = words(value)
      if (element !== undefined && element.textContent !== text) element.textContent = text
    }
  })
  effect(() => {
    const { value } = show.adding
    shapes.textContent =
      value === null ? 'Add 5,000 shapes' : `Adding: ${Math.round(value * 100)} %`
    setAble(shapes, value === null)
  })
  effect(() => {
    bots.ariaPressed = String(show.hasBots.value)
    offline.ariaPressed = String(show.isOffline.value)
  })

  const toggle = () => {
    panel.hidden = !panel.hidden
    if (panel.hidden) show.end()
    else {
      show.begin()
      shapes.focus({ preventScroll: true })
    }
  }
  close.addEventListener('click', toggle)
  return toggle
}
