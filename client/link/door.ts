/**
 * The y-websocket door of the server that a page comes from.
 *
 * @param root Where the pages lie: `/`, or the path that a proxy puts before it, ending in `/`.
 * @example doorOf('https://host/sub/') // 'wss://host/sub/sync'
 */
export function doorOf(root: string): string {
  const door = new URL('sync', root)
  door.protocol = door.protocol.replace('http', 'ws')
  return door.href
}
