import { iconButton } from './icon-button.ts'

/**
 * Gives a dialog what all of them have: a button that closes it, and closing by a press beside it.
 *
 * @returns Opens it.
 */
export function sheet(dialog: HTMLDialogElement): () => void {
  const close = iconButton('close', { label: 'Close', keys: ['Escape'] })
  close.classList.add('close')
  close.addEventListener('click', () => dialog.close())
  dialog.append(close)
  dialog.addEventListener('pointerdown', (event) => {
    // Only the ground behind the dialog is outside of its frame.
    const { left, right, top, bottom } = dialog.getBoundingClientRect()
    const { clientX: x, clientY: y } = event
    if (x < left || x > right || y < top || y > bottom) dialog.close()
  })
  // Keys belong to the dialog alone: what stands behind it must not be deleted from within it.
  dialog.addEventListener('keydown', (event) => event.stopPropagation())
  return () => {
    if (!dialog.open) dialog.showModal()
  }
}
