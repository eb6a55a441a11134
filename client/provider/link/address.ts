const DOOR = 'connect'
const SCHEMES: Readonly<Record<string, string>> = {
  'ws:': 'ws:',
  'wss:': 'wss:',
  'http:': 'ws:',
  'https:': 'wss:',
}

/**
 * The door for `tributary.v1` of a server.
 *
 * @param url Its base: `ws:`, `wss:`, `http:` or `https:`, with the path that a proxy puts before it.
 * @throws {TypeError} when it is none of these.
 * @example addressOf('https://host/sub?region=eu') // 'wss://host/sub/connect?region=eu'
 */
export function addressOf(url: string): string {
  const address = parsed(url)
  const scheme = SCHEMES[address?.protocol ?? '']
  if (address === null || scheme === undefined) {
    throw new TypeError(`"${url}" is no address of a server: give one like "wss://host"`)
  }
  address.protocol = scheme
  address.hash = ''
  address.pathname = `${address.pathname.replace(/\/$/, '')}/${DOOR}`
  return address.href
}

function parsed(url: string): URL | null {
  try {
    return new URL(url)
  } catch {
    return null
  }
}
