import { effect, type ReadonlySignal } from '@preact/signals-core'
import type { Action } from '../editor/actions.ts'
import type { Editor, ToolName } from '../editor/editor.ts'
import type { OpenBoard } from '../model/open-board.ts'
import type { ThemeName } from '../scene/theme.ts'
import type { Tool } from '../tools/tool.ts'
import { attachClipboard } from './clipboard.ts'
import { Crosshair } from './crosshair.ts'
import { Gestures } from './gestures.ts'
import { Keyboard } from './keyboard.ts'
import { Pointers } from './pointers.ts'
import { SpaceKey } from './space-key.ts'
import { showTextField } from './text-field.ts'
import { attachWheel } from './wheel.ts'

interface InputParts {
  /** What the board is drawn in. */
  readonly host: HTMLElement
  readonly editor: Editor
  readonly tools: Readonly<Record<ToolName, Tool>>
  readonly actions: readonly Action[]
  readonly board: OpenBoard
  readonly theme: ReadonlySignal<ThemeName>
}

/**
 * Connects hands with the tools: everything that comes in through the browser, and nothing that is
 * seen but the text field. `close` lets go of all of it; what is being drawn is ended.
 */
export function attachInput({ host, editor, tools, actions, board, theme }: InputParts): {
  close(): void
} {
  const gestures = new Gestures(editor, tools)
  const crosshair = new Crosshair(editor, gestures)
  const space = new SpaceKey()
  const pointers = new Pointers({ host, editor, gestures, crosshair, space })
  const keyboard = new Keyboard({ host, editor, actions, gestures, crosshair, space })

  // A finger on the board is ours: the page neither scrolls nor zooms, nor marks text.
  Object.assign(host.style, { touchAction: 'none', userSelect: 'none' })
  host.style.setProperty('-webkit-user-select', 'none')
  host.style.setProperty('-webkit-touch-callout', 'none')
  host.tabIndex = 0
  // Screen readers then leave the keys to us.
  host.setAttribute('role', 'application')
  if (!host.hasAttribute('aria-label')) host.setAttribute('aria-label', 'Board')

  const forget = [
    attachWheel(host, editor, pointers),
    attachClipboard(editor),
    showTextField({ host, editor, board, theme }),
    effect(() => {
      const { mouse } = editor
      host.style.cursor = space.isHeld.value && mouse.value !== 'grabbing' ? 'grab' : mouse.value
    }),
    editor.tool.subscribe(() => {
      if (!crosshair.useful) crosshair.hide()
    }),
  ]

  return {
    close() {
      pointers.close()
      keyboard.close()
      gestures.close()
      for (const stop of forget) stop()
    },
  }
}
