import { type Signal, signal } from '@preact/signals-core'
import { Awareness, applyAwarenessUpdate, encodeAwarenessUpdate } from 'y-protocols/awareness'
import * as Y from 'yjs'
import { Editor } from '../../../client/whiteboard/editor/editor.ts'
import { type OpenBoard, openBoard } from '../../../client/whiteboard/model/open-board.ts'
import type { NewShape, ShapeId } from '../../../client/whiteboard/model/shape.ts'
import type { Pace } from '../../../client/whiteboard/people/pace.ts'
import { People } from '../../../client/whiteboard/people/people.ts'
import { plain } from '../../../client/whiteboard/people/smoother.ts'
import { createIndex } from '../../../client/whiteboard/scene/create-index.ts'
import { ManualClock } from '../../support/manual-clock.ts'

const FRAME_MS = 16

const BOX: NewShape = {
  kind: 'rectangle',
  at: [100, 100],
  size: [200, 100],
  look: { colour: 0, size: 1, fill: 0 },
}

/** A page without a screen: its document, its awareness, and everything that people see of others. */
export class Page {
  readonly doc = new Y.Doc()
  readonly awareness: Awareness
  readonly board: OpenBoard
  readonly editor: Editor
  readonly people: People
  readonly isLive: Signal<boolean> = signal(true)
  readonly isHidden: Signal<boolean> = signal(false)
  readonly isStill: Signal<boolean> = signal(false)
  /** Frames of awareness that are on their way to the others, oldest first. */
  readonly out: Uint8Array[] = []

  constructor(clock: ManualClock, client: number, name = `Person ${client}`) {
    const pace: Pace = {
      monotonic: () => clock.monotonic(),
      after: (ms, fn) => clock.after(ms, fn),
      frame: (fn) => clock.after(FRAME_MS, fn),
    }
    this.doc.clientID = client
    this.awareness = new Awareness(this.doc)
    this.awareness.on('update', (changes: Record<string, number[]>, origin: unknown) => {
      if (origin === 'local')
        this.out.push(encodeAwarenessUpdate(this.awareness, Object.values(changes).flat()))
    })
    this.board = openBoard(this.doc, { clock })
    const { board, isLive, isHidden, isStill } = this
    const measure = (text: string, size: number) => text.length * size
    const index = createIndex(board, measure)
    this.editor = new Editor({ board, live: board.live, index, measure })
    this.editor.view.value = { width: 1_280, height: 720 }
    this.people = new People({
      awareness: this.awareness,
      editor: this.editor,
      me: { name, colour: client % 8 },
      isLive,
      isHidden,
      isStill,
      pace,
      smooth: plain,
    })
  }

  get client(): number {
    return this.awareness.clientID
  }

  /** What the others were told last. */
  get told(): Record<string, unknown> {
    return this.awareness.getLocalState() ?? {}
  }

  /** Puts a box on the board and selects it. */
  addBox(): ShapeId {
    const [id] = this.board.add([BOX])
    if (id === undefined) throw new Error('no box')
    this.editor.selection.value = new Set([id])
    return id
  }

  /** Takes what is on its way from another page: awareness first, or the document first. */
  hear(other: Page, first: 'awareness' | 'document' = 'document'): void {
    const steps = [
      () =>
        Y.applyUpdate(this.doc, Y.encodeStateAsUpdate(other.doc, Y.encodeStateVector(this.doc))),
      () => {
        for (const frame of other.out.splice(0)) applyAwarenessUpdate(this.awareness, frame, other)
      },
    ]
    for (const step of first === 'document' ? steps : steps.reverse()) step()
  }

  /** What somebody with this client id says, whatever it is. */
  hearSay(client: number, state: unknown): void {
    const clock = (this.awareness.meta.get(client)?.clock ?? 0) + 1
    const states = new Map([[client, state as Record<string, unknown>]])
    const meta = new Map([[client, { clock, lastUpdated: 0 }]])
    const frame = encodeAwarenessUpdate({ states, meta } as unknown as Awareness, [client], states)
    applyAwarenessUpdate(this.awareness, frame, 'wire')
  }

  close(): void {
    this.people.close()
    this.editor.index.close()
    this.board.close()
    this.awareness.destroy()
    this.doc.destroy()
  }
}

/** Pages on one clock, closed together. */
export class Pages {
  readonly clock = new ManualClock()
  readonly #open: Page[] = []

  open(client: number, name?: string): Page {
    const page = new Page(this.clock, client, name)
    this.#open.push(page)
    return page
  }

  close(): void {
    for (const page of this.#open.splice(0)) page.close()
  }
}
