import * as Y from 'yjs'
import {
  type BoardOptions,
  type OpenBoard,
  openBoard,
} from '../../../client/whiteboard/model/open-board.ts'
import type { Look, NewShape } from '../../../client/whiteboard/model/shape.ts'
import { ManualClock } from '../../support/manual-clock.ts'
import { Seeded } from '../../support/seeded.ts'

export const PLAIN: Look = { colour: 0, size: 1, fill: 0 }

export const box = (x: number, y: number, width = 100, height = 50): NewShape => ({
  kind: 'rectangle',
  at: [x, y],
  size: [width, height],
  look: PLAIN,
})

export const note = (text: string, x = 0, y = 0): NewShape => ({
  kind: 'note',
  at: [x, y],
  size: [200, 200],
  look: PLAIN,
  text,
})

export const text = (words: string, x = 0, y = 0, width = 0, height = 0): NewShape => ({
  kind: 'text',
  at: [x, y],
  size: [width, height],
  look: PLAIN,
  text: words,
})

/** A board with its own clock and dice. What it wrote waits in `outbox` for `deliver`. */
export class Seat {
  readonly doc = new Y.Doc()
  readonly clock = new ManualClock()
  readonly board: OpenBoard
  readonly outbox: Uint8Array[] = []

  constructor(client: number, options: BoardOptions = {}) {
    this.doc.clientID = client
    const dice = new Seeded(client)
    this.board = openBoard(this.doc, { clock: this.clock, random: () => dice.next(), ...options })
    this.doc.on('update', (update: Uint8Array, origin: unknown) => {
      if (origin !== 'wire') this.outbox.push(update)
    })
  }

  take(update: Uint8Array): void {
    Y.applyUpdate(this.doc, update, 'wire')
  }

  /** What everybody has to agree on, in an order of its own. */
  picture(): unknown {
    return [...this.board.shapes()].sort((a, b) => (a.id < b.id ? -1 : 1))
  }

  /** Ids from the bottom of the pile to its top. */
  pile(): string[] {
    return [...this.board.shapes()]
      .sort((a, b) => (a.order === b.order ? (a.id < b.id ? -1 : 1) : a.order < b.order ? -1 : 1))
      .map(({ id }) => id)
  }
}

/** Brings what each wrote to all others, until nobody has anything to send. */
export function deliver(...seats: readonly Seat[]): void {
  for (let found = true; found; ) {
    found = false
    for (const seat of seats) {
      for (const update of seat.outbox.splice(0)) {
        found = true
        for (const other of seats) if (other !== seat) other.take(update)
      }
    }
  }
}

/** Two seats, with client ids 1 and 2. */
export const pair = (): [Seat, Seat] => [new Seat(1), new Seat(2)]
