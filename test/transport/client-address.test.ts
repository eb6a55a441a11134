import { afterEach, describe, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { clientAddress } from '../../src/transport/client-address.ts'
import { transportStage } from './stage.ts'

const CLIENT = '203.0.113.9'
const FORGED = '198.51.100.1'

describe('[H28] whose request it is', () => {
  test('is the socket’s peer when nobody is trusted', () => {
    const addressOf = clientAddress(null)
    expect(addressOf('::ffff:10.0.0.2', CLIENT)).toBe('::ffff:10.0.0.2')
    expect(addressOf('unknown', CLIENT)).toBe('unknown')
  })

  test.each([
    [1, CLIENT, CLIENT],
    [1, `${FORGED}, ${CLIENT}`, CLIENT],
    [2, `${FORGED}, ${CLIENT}, 10.0.0.3`, CLIENT],
    [2, CLIENT, CLIENT],
    [1, undefined, '10.0.0.2'],
    [1, '', '10.0.0.2'],
  ])('is so many hops away: %i of %s', (hops, forwarded, address) => {
    expect(clientAddress(hops)('10.0.0.2', forwarded)).toBe(address)
  })

  test.each([
    [['10.0.0.2'], CLIENT, CLIENT],
    [['10.0.0.2'], `${FORGED}, ${CLIENT}`, CLIENT],
    [['10.0.0.0/8', 'fd00::/8'], `${FORGED}, ${CLIENT}, fd00::7, 10.9.9.9`, CLIENT],
    [['10.0.0.3'], CLIENT, '10.0.0.2'],
    [['10.0.0.0/8'], '10.1.1.1, 10.2.2.2', '10.1.1.1'],
  ])('is the first that is none of %j, in %s', (addresses, forwarded, address) => {
    expect(clientAddress(addresses)('10.0.0.2', forwarded)).toBe(address)
  })

  test.each([
    ['203.0.113.9:4711', CLIENT],
    ['[2001:DB8::1]:443', '2001:db8::1'],
    ['[2001:db8::1]', '2001:db8::1'],
    ['::ffff:203.0.113.9', CLIENT],
  ])('is one text, however %s is written', (forwarded, address) => {
    expect(clientAddress(1)('10.0.0.2', forwarded)).toBe(address)
    expect(clientAddress(1)(forwarded, undefined)).toBe(address)
  })

  test.each([
    ['unknown'],
    ['_hidden'],
    ['a b'],
    ['203.0.113.9, ,'],
    ['999.1.1.1'],
    ['x'.repeat(9_999)],
  ])('is never what is no address: %s', (forwarded) => {
    expect(clientAddress(2)('10.0.0.2', forwarded)).toBe('10.0.0.2')
    expect(clientAddress(['10.0.0.0/8'])('10.0.0.2', forwarded)).toBe('10.0.0.2')
  })
})

describe('[H28] limits per address', () => {
  const ends: (() => unknown)[] = []
  afterEach(async () => {
    for (const end of ends.splice(0).reverse()) await end()
  })

  /** The status of an upgrade: 101 when it was made. */
  async function statusFor(url: string, forwarded: string): Promise<number> {
    const socket = new WebSocket(url, { headers: { 'X-Forwarded-For': forwarded } })
    ends.push(() => socket.terminate())
    return new Promise((resolve, reject) => {
      socket.on('open', () => resolve(101))
      socket.on('unexpected-response', (_, { statusCode = 0 }) => resolve(statusCode))
      socket.on('error', reject)
    })
  }

  test.each([
    ['of a trusted proxy are those of its clients', 1, 101],
    ['of anybody else are its own, whatever it says', null, 429],
  ])('%s', async (_, trustProxy, second) => {
    const stage = await transportStage({ limits: { addressSockets: 1 }, trustProxy })
    ends.push(() => stage.close())
    expect(await statusFor(stage.url, `${FORGED}, 203.0.113.1`)).toBe(101)
    expect(await statusFor(stage.url, `${FORGED}, 203.0.113.2`)).toBe(second)
    expect(await statusFor(stage.url, `198.51.100.2, 203.0.113.1`)).toBe(429)
  })
})
