import { type IncomingMessage, type RequestOptions, request as requestHttp } from 'node:http'
import { request as requestHttps } from 'node:https'

export interface FetchBounds {
  /** Ends it, whatever it does. */
  readonly signal: AbortSignal
  /** A longer body is an error. */
  readonly maxBytes: number
}

const MAX_REDIRECTS = 3
const REDIRECTS: readonly (number | undefined)[] = [301, 302, 303, 307, 308]

/**
 * The text at an address, by one connection of its own. Redirects are followed inside the origin:
 * what may answer for a URL of the configuration is its own server alone.
 *
 * @throws {Error} The message completes "it cannot be fetched: …".
 * @example await fetchText(new URL('https://example.org/keys'), { signal, maxBytes: 262_144 })
 */
export async function fetchText(url: URL, bounds: FetchBounds): Promise<string> {
  let at = url
  for (let hop = 0; hop <= MAX_REDIRECTS; hop++) {
    const response = await answerOf(at, bounds.signal)
    if (response.statusCode === 200) return bodyOf(response, bounds.maxBytes)
    response.destroy()
    const { location } = response.headers
    if (!REDIRECTS.includes(response.statusCode) || location === undefined) {
      throw new Error(`it answers with ${response.statusCode}`)
    }
    if (!URL.canParse(location, at.href)) throw new Error('it redirects to nowhere')
    at = new URL(location, at)
    if (at.origin !== url.origin) throw new Error('it redirects to another origin')
  }
  throw new Error(`it redirects more than ${MAX_REDIRECTS} times`)
}

/** Without an agent: a kept connection would outlive who asked, and fail the next one at times. */
function answerOf(url: URL, signal: AbortSignal): Promise<IncomingMessage> {
  const headers = { accept: 'application/json' }
  const options: RequestOptions = { agent: false, signal, headers }
  return new Promise((resolve, reject) => {
    const isSecure = url.protocol === 'https:'
    const request = isSecure ? requestHttps(url, options) : requestHttp(url, options)
    request.on('response', resolve).on('error', reject).end()
  })
}

async function bodyOf(response: IncomingMessage, maxBytes: number): Promise<string> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of response as AsyncIterable<Buffer>) {
    bytes += chunk.length
    // Leaving the loop destroys the response.
    if (bytes > maxBytes) throw new Error(`it sends more than ${maxBytes} bytes`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}
