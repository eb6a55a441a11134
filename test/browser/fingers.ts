import type { CDPSession } from 'playwright-core'
import type { Artist, Spot } from './artist.ts'

/** Fingers and a pen on the glass of an artist: what Playwright itself has no words for. */
export class Glass {
  readonly #session: CDPSession
  #pen: Spot = [0, 0]

  private constructor(session: CDPSession) {
    this.#session = session
  }

  static async of({ context, page }: Artist): Promise<Glass> {
    return new Glass(await context.newCDPSession(page))
  }

  /** Where all fingers are now; none for lifting them all. They keep their order. */
  async touch(type: 'touchStart' | 'touchMove' | 'touchEnd', ...fingers: Spot[]): Promise<void> {
    const touchPoints = fingers.map(([x, y], id) => ({ x, y, id }))
    await this.#session.send('Input.dispatchTouchEvent', { type, touchPoints })
  }

  /** One finger goes this way, and lifts. */
  async swipe([first, ...others]: readonly Spot[]): Promise<void> {
    if (first === undefined) throw new TypeError('a way has at least one point')
    await this.touch('touchStart', first)
    for (const spot of others) await this.touch('touchMove', spot)
    await this.touch('touchEnd')
  }

  /** @param force 0 to 1. */
  async pen(
    type: 'mousePressed' | 'mouseMoved' | 'mouseReleased',
    force: number,
    at: Spot = this.#pen,
  ): Promise<void> {
    this.#pen = at
    await this.#session.send('Input.dispatchMouseEvent', {
      type,
      x: at[0],
      y: at[1],
      button: 'left',
      buttons: type === 'mouseReleased' ? 0 : 1,
      clickCount: 1,
      force,
      pointerType: 'pen',
    })
  }
}
