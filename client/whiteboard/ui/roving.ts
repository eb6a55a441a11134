import { nextStop } from './next-stop.ts'

/**
 * Makes one stop of Tab out of all the buttons in a toolbar or a menu; the arrow keys, Home and End
 * go through them. What is not shown is passed over.
 *
 * @returns To be called when buttons were shown or hidden, so that Tab does not stop at one of them.
 */
export function roving(bar: HTMLElement): () => void {
  const buttons = () =>
    [...bar.querySelectorAll('button')].filter((button) => button.checkVisibility())
  const stopAt = (stop: Element | undefined) => {
    for (const button of bar.querySelectorAll('button')) {
      button.tabIndex = button === stop ? 0 : -1
    }
  }
  const settle = () => {
    const shown = buttons()
    const now = shown.find((button) => button.tabIndex === 0)
    stopAt(now ?? shown.find((button) => button.ariaPressed === 'true') ?? shown[0])
  }

  bar.addEventListener('focusin', ({ target }) => {
    if (target instanceof HTMLButtonElement) stopAt(target)
  })
  bar.addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return
    const shown = buttons()
    const { activeElement } = document
    const at = activeElement instanceof HTMLButtonElement ? shown.indexOf(activeElement) : -1
    const next = nextStop(event.key, at, shown.length)
    if (at < 0 || next === null) return
    // The board listens too, and would move the selection.
    event.preventDefault()
    event.stopPropagation()
    shown[next]?.focus()
  })
  // A press with mouse or finger leaves the focus where it is: on the board, or in a text that is
  // being written there and gets another colour.
  bar.addEventListener('mousedown', (event) => event.preventDefault())
  settle()
  return settle
}
