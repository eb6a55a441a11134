import * as decoding from 'lib0/decoding'
import * as encoding from 'lib0/encoding'
import { messageAuth, type WebsocketProvider } from 'y-websocket'

/** y-sweet's message: the server sends it back when everything before it is durable. */
const MARKER = 102
/** Between an edit and the question whether it is saved, in ms: a burst of edits asks once. */
const PACE_MS = 50

/** Whether the server vouches for everything that was typed here; `refused`: it did not take it. */
export type SaveState = 'unsaved' | 'saved' | 'refused'

/**
 * Tells the state of saving, now and whenever it changes.
 *
 * After own edits a marker with a rising number goes out. When that number comes back, all that was
 * sent before it is durable. A link that breaks takes its markers with it, so every new link asks
 * afresh, behind the answer that brings the server what it missed.
 *
 * A denial while something is unsaved means that it was not taken, as when one may only read. Then
 * nothing is saved until another link has asked again: a marker answers for what was taken alone.
 */
export function watchSaved(provider: WebsocketProvider, tell: (state: SaveState) => void): void {
  let now: SaveState = 'saved'
  let asked = 0
  let timer: ReturnType<typeof setTimeout> | undefined
  const become = (next: SaveState) => {
    if (next === now) return
    now = next
    tell(now)
  }
  tell(now)
  const ask = () => {
    timer = undefined
    // A socket that is just closing takes nothing any more, and the next link asks afresh.
    const { ws } = provider
    if (!provider.synced || ws === null || ws.readyState !== ws.OPEN) return
    asked += 1
    const message = encoding.createEncoder()
    encoding.writeVarUint(message, MARKER)
    encoding.writeVarUint8Array(
      message,
      encoding.encode((body) => encoding.writeVarUint(body, asked)),
    )
    ws.send(encoding.toUint8Array(message))
  }
  const askSoon = () => {
    timer ??= setTimeout(ask, PACE_MS)
  }

  provider.messageHandlers[MARKER] = (_answer, message) => {
    const version = decoding.readVarUint(
      decoding.createDecoder(decoding.readVarUint8Array(message)),
    )
    if (version === asked && timer === undefined && now !== 'refused') become('saved')
  }
  const { [messageAuth]: heard } = provider.messageHandlers
  provider.messageHandlers[messageAuth] = (...message) => {
    heard?.(...message)
    if (now === 'unsaved') become('refused')
  }
  provider.doc.on('update', (_update, origin) => {
    if (origin === provider || now === 'refused') return
    become('unsaved')
    askSoon()
  })
  provider.on('connection-close', () => {
    if (now === 'refused') become('unsaved')
  })
  provider.on('sync', (synced) => {
    if (synced) askSoon()
  })
}
