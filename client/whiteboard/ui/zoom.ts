import { computed, effect } from '@preact/signals-core'
import type { Action } from '../editor/actions.ts'
import type { Editor } from '../editor/editor.ts'
import { actionButton, actionOf } from './action-button.ts'
import { iconButton, nameButton } from './icon-button.ts'
import { roving } from './roving.ts'

/** Out, how far, in. A press on the number shows everything that is on the board. */
export function showZoom(
  bar: HTMLElement,
  { camera }: Editor,
  actions: readonly Action[],
): () => void {
  const all = actionOf(actions, 'zoom-fit')
  const whole = actionOf(actions, 'zoom-100')
  const number = iconButton('fit', all)
  number.className = 'percent'
  number.addEventListener('click', () => {
    if (all.enabled?.() ?? true) all.run()
    else whole.run()
  })
  bar.append(
    actionButton('minus', actionOf(actions, 'zoom-out')),
    number,
    actionButton('plus', actionOf(actions, 'zoom-in')),
  )
  roving(bar)
  // The camera changes with every frame of a pan, the number does not.
  const percent = computed(() => Math.round(camera.value.zoom * 100))
  const stop = effect(() => {
    number.textContent = `${percent.value} %`
    nameButton(number, { ...all, label: `${percent.value} %: ${all.label.toLowerCase()}` })
  })
  return () => {
    stop()
    bar.replaceChildren()
  }
}
