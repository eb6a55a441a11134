import { zoomed } from '../editor/camera.ts'
import type { Editor } from '../editor/editor.ts'
import type { Pointers } from './pointers.ts'
import { turned } from './wheel-turn.ts'

/** The wheel moves the board; with Ctrl, and by a pinch on a trackpad, it zooms. Returns the way out. */
export function attachWheel(host: HTMLElement, editor: Editor, pointers: Pointers): () => void {
  const { camera, view } = editor
  const closing = new AbortController()
  // Not passive: the page itself must neither scroll nor zoom.
  const options = { signal: closing.signal, passive: false }

  host.addEventListener(
    'wheel',
    (event) => {
      event.preventDefault()
      const { deltaX, deltaY, deltaMode, shiftKey, ctrlKey, metaKey } = event
      const at = pointers.inView(event)
      const turn = { deltaX, deltaY, deltaMode, shiftKey, zooms: ctrlKey || metaKey, at }
      camera.value = turned(camera.peek(), turn, view.peek())
    },
    options,
  )

  // Safari has events of its own for a trackpad, and sends them for fingers as well.
  let zoom = 1
  const pinch = (event: Event) => {
    event.preventDefault()
    if (pointers.fingers > 0) return
    if (event.type === 'gesturestart') zoom = camera.peek().zoom
    const scale: unknown = Reflect.get(event, 'scale')
    const x: unknown = Reflect.get(event, 'clientX')
    const y: unknown = Reflect.get(event, 'clientY')
    if (typeof scale !== 'number' || typeof x !== 'number' || typeof y !== 'number') return
    const anchor = pointers.inView({ clientX: x, clientY: y })
    camera.value = zoomed(camera.peek(), zoom * scale, anchor)
  }
  for (const type of ['gesturestart', 'gesturechange', 'gestureend']) {
    host.addEventListener(type, pinch, options)
  }
  return () => closing.abort()
}
