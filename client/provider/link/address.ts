const SERVER = /^(?:ws|http)s?:\/\//i

/**
 * The door for `tributary.v1` of a server.
 *
 * @param url Its base: `ws:`, `wss:`, `http:` or `https:`, with the path that a proxy puts before it.
 * @throws {TypeError} when it is none of these, or has a token in it: what is kept on the device is
 *   kept under the address, and the next token would not find it.
 * @example addressOf('https://host/sub?region=eu') // 'wss://host/sub/connect?region=eu'
 */
export function addressOf(url: string): string {
  let why = 'is no address of a server: give one like "wss://host"'
  try {
    const address = new URL(url)
    if (address.searchParams.has('token')) why = 'has a token in it: give it as the option "token"'
    else if (SERVER.test(url)) {
      address.protocol = address.protocol.replace('http', 'ws')
      address.hash = ''
      address.pathname = address.pathname.replace(/\/?$/, '/connect')
      return address.href
    }
  } catch {
    // Said below.
  }
  throw new TypeError(`"${url}" ${why}`)
}
