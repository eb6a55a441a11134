import { type OpenBoard, openBoard } from '../../client/whiteboard/model/open-board.ts'
import type { Shape } from '../../client/whiteboard/model/shape.ts'
import { until } from '../support/deadline.ts'
import type { Stage } from '../support/stage.ts'
import type { StockClient } from '../support/stock-clients.ts'

/** Reads, and writes, a board from outside of any page: a stock client with the page's own model. */
export class BoardReader {
  readonly stock: StockClient
  readonly board: OpenBoard

  private constructor(stock: StockClient) {
    this.stock = stock
    this.board = openBoard(stock.doc)
  }

  /** The board of that id, with everything that the server has of it. */
  static async open(stage: Stage, id: string, token?: string): Promise<BoardReader> {
    const stock = stage.stock('3.1.0', `b/${id}`, token === undefined ? {} : { params: { token } })
    // Nobody's page: it is not counted, and no stroke waits for it to adopt it first.
    stock.awareness.setLocalState(null)
    const reader = new BoardReader(stock)
    stage.atEnd(() => reader.board.close())
    await stock.synced()
    return reader
  }

  /** From the bottom of the pile to its top. */
  shapes(): Shape[] {
    return [...this.board.shapes()].sort(inOrder)
  }

  kinds(): string {
    return this.shapes()
      .map(({ kind }) => kind)
      .join()
  }

  /** @throws {Deadline} */
  async until(what: string, holds: (shapes: Shape[]) => boolean): Promise<Shape[]> {
    await until(what, this.stock.deadline, () => holds(this.shapes()))
    return this.shapes()
  }
}

function inOrder(a: Shape, b: Shape): number {
  if (a.order !== b.order) return a.order < b.order ? -1 : 1
  return a.id < b.id ? -1 : 1
}
