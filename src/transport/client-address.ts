import { BlockList, isIP } from 'node:net'
import type { TrustedProxies } from '../ops/option-values.ts'

/** @param peer Of the socket. @param forwarded The header `X-Forwarded-For`, as Node joins it. */
export type ClientAddress = (peer: string, forwarded: string | undefined) => string

/**
 * Whose request it is, for limits per address and log lines. [H28]
 *
 * Each proxy adds at the end of the header whom it was asked by, so the end is what our own proxies
 * say, and what stands before that may be anybody's invention. The list is walked from its end, for
 * as long as the one who speaks is trusted: a number of hops, or whoever has one of the addresses.
 *
 * @example
 * const addressOf = clientAddress(['10.0.0.0/8'])
 * addressOf('10.0.0.2', 'forged, 203.0.113.9') // '203.0.113.9'
 */
export function clientAddress(trusted: TrustedProxies): ClientAddress {
  if (trusted === null) return (peer) => peer
  const isTrusted = typeof trusted === 'number' ? within(trusted) : among(trusted)
  return (peer, forwarded) => {
    let address = addressIn(peer)
    if (address === null) return peer
    const said = forwarded?.split(',') ?? []
    for (let hop = 1; isTrusted(address, hop); hop++) {
      const before = addressIn(said.pop() ?? '')
      // Nobody before it, or no address: then all that is known is who said so.
      if (before === null) break
      address = before
    }
    return address
  }
}

const within =
  (hops: number) =>
  (_: string, hop: number): boolean =>
    hop <= hops

function among(addresses: readonly string[]): (address: string) => boolean {
  const list = new BlockList()
  for (const one of addresses) {
    const [address = '', bits] = one.split('/')
    const family = familyOf(address)
    if (bits === undefined) list.addAddress(address, family)
    else list.addSubnet(address, Number(bits), family)
  }
  return (address) => list.check(address, familyOf(address))
}

const familyOf = (address: string) => (isIP(address) === 6 ? 'ipv6' : 'ipv4')

/** One way to write it, without port and brackets; an IPv4 address that wears IPv6 as itself. */
function addressIn(text: string): string | null {
  const bare = text
    .trim()
    .toLowerCase()
    .replace(/^\[([^\]]*)\](:\d+)?$/, '$1')
    .replace(/^([\d.]+):\d+$/, '$1')
    .replace(/^::ffff:(?=[\d.]+$)/, '')
  return isIP(bare) === 0 ? null : bare
}
