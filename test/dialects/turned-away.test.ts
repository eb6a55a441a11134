import { describe, expect, test } from 'vitest'
import { unauthenticated } from '../../src/access/refusal.ts'
import { DEFAULT_LIMITS, DEFAULT_PACES } from '../../src/core/limits.ts'
import { type HocuspocusContext, hocuspocusDoor } from '../../src/dialects/hocuspocus.ts'
import { createMetrics } from '../../src/ops/metrics.ts'
import { hex } from '../support/hex.ts'
import { RecordedLog } from '../support/recorded-log.ts'
import { FakeSocket, tributaryStage } from '../support/tributary-stage.ts'
import { yWebsocketStage } from '../support/y-websocket-stage.ts'

describe('[V37] at a path that is not its own', () => {
  const stage = tributaryStage()
  const cometo = async (path: string) => {
    const socket = new FakeSocket()
    await stage.door.admit({ ...stage.knock, path })(socket)
    return socket
  }

  test('a provider is told which part of its address is too much', async () => {
    const socket = await cometo('/sync/connect')
    expect(socket.said).toEqual([
      {
        ...{ is: 'error', code: 'no-such-door', again: null },
        reason:
          'This server has nothing for tributary.v1 below /sync: give connect() its address without ' +
          '/sync, or let the proxy that needs it take it away.',
      },
    ])
    expect(socket.closedWith).toBe('no-such-door')
    expect(stage.logger.lines.at(-1)).toMatchObject([
      'info',
      'a client came to the wrong path',
      { address: 'here', code: 'no-such-door' },
    ])
  })

  test.each(['x', '/notes', `/${'x'.repeat(200)}/connect`])(
    '%s is only told where it is',
    async (path) => {
      const socket = await cometo(path)
      expect(socket.last('error').reason).toBe('This is spoken at /connect alone.')
    },
  )
})

describe('[G27] who is not let in at /connect', () => {
  test('is a line with address, entity and reason', async () => {
    const access = {
      ...{ open: false, warnings: [], close() {} },
      admit: async () => {
        throw unauthenticated('the token has expired: come back with a new one')
      },
    }
    const stage = tributaryStage({ access })
    const socket = await stage.connect('a.b.c')
    socket.open('notes')
    socket.open('')
    await stage.settle()
    expect(socket.all('refused')).toHaveLength(2)
    const event = 'a client was not let in'
    expect(stage.logger.lines).toEqual([
      ['info', event, { ...{ address: 'here', entity: '' }, ...BAD_ID }],
      ['info', event, { ...{ address: 'here', entity: 'notes' }, ...EXPIRED }],
    ])
  })
})

const EXPIRED = {
  code: 'unauthenticated',
  reason: 'the token has expired: come back with a new one',
}
const BAD_ID = { code: 'bad-entity-id', reason: expect.any(String) }

describe('[C26] at /sync without an entity', () => {
  function knocked() {
    const logger = new RecordedLog()
    const random = { next: () => 0 } as HocuspocusContext['random']
    const metrics = createMetrics()
    const paces = DEFAULT_PACES
    const door = hocuspocusDoor({ limits: DEFAULT_LIMITS, paces, metrics, logger, random })
    const closes: unknown[][] = []
    const wire = {
      ...{ address: 'here', unsent: 0, expect() {} },
      frames: 0,
      write: () => void wire.frames++,
      close: (...how: unknown[]) => void closes.push(how),
    }
    const knock = { path: '', token: null, protocols: [], address: 'here' }
    return { logger, closes, wire, begin: () => door.admit(knock)(wire), door, knock }
  }

  test('a provider of Hocuspocus is told so in its words, and held', async () => {
    const { begin, closes, wire, logger } = knocked()
    const conversation = await begin()
    void conversation.message(hex('05 6e6f746573 02 00 03 746f6b'), true)
    expect(wire.frames).toBe(1)
    expect(closes).toEqual([['bad-request', 3_000, expect.stringContaining('connect()')]])
    expect(new TextEncoder().encode(String(closes[0]?.[2])).length).toBeLessThan(124)
    expect(logger.events).toEqual(['a client speaks the protocol of Hocuspocus'])
  })

  test('anybody else is told that the id is missing, and who says nothing, too', async () => {
    const { begin, closes, door, knock } = knocked()
    void (await begin()).message(hex('00 00 01 00'), true)
    const silent = await begin()
    for (let second = 1; second < 10; second++) silent.tick(0, 0)
    expect(closes).toEqual([['bad-entity-id', 0, expect.stringContaining('behind /sync/')]])
    silent.tick(0, 0)
    expect(closes).toHaveLength(2)
    expect(() => door.admit({ ...knock, path: 'hronise' })).toThrow(/is \/sync\/ meant/)
  })
})

test('[C26] with keys a provider of Hocuspocus is denied below /sync like anybody without a token', async () => {
  const admit = async () => {
    throw unauthenticated('this server asks for a token')
  }
  const access = { ...{ open: false, warnings: [], close() {} }, admit }
  const { written, closed, logger, begin } = yWebsocketStage({ access })
  const conversation = await begin()
  void conversation.message(hex('05 6e6f746573 02 00 03 746f6b'), true)
  expect(written).toHaveLength(1)
  expect(closed).toEqual([['unauthenticated', 3_000]])
  expect(logger.events).toEqual(['a client was not let in'])
})
