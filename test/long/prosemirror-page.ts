import { schema } from 'prosemirror-schema-basic'
import { EditorState } from 'prosemirror-state'
import { EditorView } from 'prosemirror-view'
import { ySyncPlugin } from 'y-prosemirror'
import { WebsocketProvider } from 'y-websocket'
import * as Y from 'yjs'

/** All of the page's own world that is used here. */
declare const document: { body: never }

/** What the test calls, in the browser. */
export interface ProsemirrorPage {
  /** Opens the entity in an editor, as an application does. */
  join(door: string, id: string): void
  /** Opens an editor and applies these updates, in base64, one after another. */
  apply(updates: readonly string[]): Promise<void>
  synced(): boolean
  /** How many blocks the editor shows. */
  blocks(): number
  /** How many updates were made here: by the editor, since nobody types. */
  made(): number
  /** How many blocks the document holds. */
  held(): number
}

const doc = new Y.Doc()
const fragment = doc.getXmlFragment('prosemirror')
const REMOTE = 'remote'
let made = 0
let view: EditorView | null = null
let provider: WebsocketProvider | null = null

doc.on('update', (_: Uint8Array, origin: unknown) => {
  if (origin !== REMOTE && origin !== provider) made++
})

function open(): void {
  const state = EditorState.create({ schema, plugins: [ySyncPlugin(fragment)] })
  view = new EditorView(document.body, { state })
}

/** The editor takes up what is there in a timer of its own. */
const pause = () => new Promise((resolve) => setTimeout(resolve, 50))

const page: ProsemirrorPage = {
  join(door, id) {
    provider = new WebsocketProvider(door, id, doc, { disableBc: true })
    open()
  },
  async apply(updates) {
    open()
    await pause()
    for (const update of updates) {
      const bytes = Uint8Array.from(atob(update), (letter) => letter.charCodeAt(0))
      Y.applyUpdate(doc, bytes, REMOTE)
      await pause()
    }
  },
  synced: () => provider?.synced ?? false,
  blocks: () => view?.state.doc.childCount ?? 0,
  made: () => made,
  held: () => fragment.length,
}

Object.assign(globalThis, { page })
