import { readAuthMessage } from 'y-protocols/auth'
import { messageAuth, type WebsocketProvider } from 'y-websocket'

/** How the page stands with the server. */
export type LinkState =
  | { readonly is: 'connecting' }
  | { readonly is: 'live' }
  | { readonly is: 'offline' }
  | { readonly is: 'refused'; readonly reason: string }

/**
 * Tells the state of the link, now and whenever it changes.
 *
 * ```
 * connecting ──synced──► live ◄──synced── offline
 * connecting ──an attempt failed──► offline ◄──link lost── live
 * any ──closed with 4400–4499──► refused, for good
 * ```
 *
 * The provider says "connecting" at every attempt, every 2.5 s while a server is away. That is not
 * news: the state stays `offline` until an attempt succeeds. And it is `live` only when everything
 * that the server has is here, not as soon as the socket is open.
 */
export function watchLink(provider: WebsocketProvider, tell: (state: LinkState) => void): void {
  let now: LinkState = { is: 'connecting' }
  const become = (next: LinkState) => {
    if (next.is === now.is || now.is === 'refused') return
    now = next
    tell(now)
  }
  tell(now)
  provider.on('sync', (synced) => {
    if (synced) become({ is: 'live' })
  })
  provider.on('connection-close', () => become({ is: 'offline' }))
  // The stock handler only writes the reason to the console.
  let denial = ''
  provider.messageHandlers[messageAuth] = (_answer, message) => {
    readAuthMessage(message, provider.doc, (_doc, reason) => {
      denial = reason
    })
  }
  // 'connection-close' came first and found the link merely lost; this is the last word.
  provider.on('closed', ({ code, reason }) => {
    become({ is: 'refused', reason: denial || reason || `The server has closed with ${code}.` })
  })
}
