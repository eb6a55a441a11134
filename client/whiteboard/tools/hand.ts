import { panned } from '../editor/camera.ts'
import type { Editor } from '../editor/editor.ts'
import { minus } from '../geometry/point.ts'
import type { Tool } from './tool.ts'

/**
 * Moves the board under the view. A cancelled gesture leaves the camera where it is: nothing on the
 * board has changed, and a second finger that begins to zoom must not make it jump.
 */
export function createHand(editor: Editor): Tool {
  return {
    down({ inView }) {
      let last = inView
      editor.mouse.value = 'grabbing'
      const letGo = () => {
        editor.mouse.value = 'grab'
      }
      return {
        move(presses) {
          const to = presses.at(-1)?.inView ?? last
          // By the way since the last call, since the wheel may zoom meanwhile.
          editor.camera.value = panned(editor.camera.value, minus(to, last))
          last = to
        },
        up(press) {
          this.move([press])
          letGo()
        },
        cancel: letGo,
      }
    },
  }
}
