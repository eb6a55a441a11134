import { describe, expect, test } from 'vitest'
import { TributaryError } from '../../src/core/errors.ts'
import { checkUpdate } from '../../src/crdt/check.ts'
import type { UpdateScan } from '../../src/crdt/scan.ts'
import type { Entity } from '../../src/entity/entity.ts'
import { SYSTEM_RANDOM } from '../../src/ops/system.ts'
import { type ClientMessage, writeClientMessage } from '../../src/wire/tributary-client.ts'
import { Seeded } from '../support/seeded.ts'
import { author, docOf, gate, MALFORMED, textOf } from '../support/tributary-authors.ts'
import { type FakeSocket, tributaryStage } from '../support/tributary-stage.ts'

/** A thread in which each check waits until it is let go, in turn. */
function heldUp() {
  const waiting: (() => void)[] = []
  return {
    checkInThread: async (bytes: Uint8Array): Promise<UpdateScan> => {
      await new Promise<void>((resolve) => waiting.push(resolve))
      return checkUpdate(bytes)
    },
    go: () => waiting.shift()?.(),
  }
}

describe('the socket', () => {
  test('[V4] is at /connect just so, and speaks what the client offers, or there is none', async () => {
    const { door, knock } = tributaryStage()
    expect(door.protocol).toBe('tributary.v1')
    expect(() => door.admit({ ...knock, protocols: ['other'] })).toThrow(/tributary\.v1/)
    expect(() => door.admit({ ...knock, protocols: [] })).toThrow(/tributary\.v1/)
  })

  test('[V5] says hello first, once, and within ten seconds', async () => {
    const stage = tributaryStage()
    const late = await stage.connect(null)
    late.conversation?.tick(stage.clock.monotonic() + 9_999, 0)
    expect(late.closedWith).toBe(null)
    late.conversation?.tick(stage.clock.monotonic() + 10_000, 0)
    expect(late.closedWith).toBe('bad-request')
    expect(late.last('error').reason).toContain('hello')
    const hasty = await stage.connect(null)
    hasty.open('a')
    expect([hasty.kinds(), hasty.closedWith]).toEqual([['error'], 'bad-request'])
    const twice = await stage.connect()
    expect(twice.last('welcome')).toMatchObject({ frameBytes: 2 ** 27, updateBytes: 2 ** 25 })
    twice.say({ is: 'hello', token: '' })
    expect(twice.closedWith).toBe('bad-request')
    twice.conversation?.tick(stage.clock.monotonic() + 60_000, 0)
    expect(twice.all('error')).toHaveLength(1)
  })

  test('[V30] is let in somewhere within half a minute, or has to go', async () => {
    const { access, admit } = gate()
    const stage = tributaryStage({ access })
    const [good, bad] = [await stage.connect('good'), await stage.connect('bad')]
    good.open('a')
    admit('good', {})
    await stage.settle()
    bad.say({ is: 'ping', number: 1 })
    const start = stage.clock.monotonic()
    for (const { conversation } of [good, bad]) conversation?.tick(start + 29_000, 0)
    expect([good.closedWith, bad.closedWith]).toEqual([null, null])
    for (const { conversation } of [good, bad]) conversation?.tick(start + 30_000, 0)
    expect([good.closedWith, bad.closedWith]).toEqual([null, 'unauthenticated'])
    expect(bad.last('error').code).toBe('unauthenticated')
  })

  test('[V5] may send little before it was let in anywhere', async () => {
    const { access, admit } = gate()
    const stage = tributaryStage({ access })
    const socket = await stage.connect('t')
    socket.open('a')
    expect(socket.expected).toEqual([65_536, 2 ** 20, 2 ** 20])
    admit('t', {})
    await stage.settle()
    expect(socket.expected.at(-1)).toBe(null)
    const open = await tributaryStage().connect('')
    expect(open.expected).toEqual([65_536, null])
  })

  test('[V2] [V7] is told what was wrong with it and closed; what is unknown is passed over', async () => {
    const stage = tributaryStage()
    const { socket, channel } = await stage.enter('a')
    socket.send(Uint8Array.of(0x7f, 1))
    socket.send(Buffer.from('text'), false)
    socket.say({ is: 'ping', number: 7 })
    expect(socket.last('pong').number).toBe(7)
    expect(stage.metrics.unknownMessages.value).toBe(2)
    socket.say({ is: 'edit', channel: channel + 1, batch: 1, update: MALFORMED })
    expect(socket.closedWith).toBe(null)
    socket.send(Uint8Array.of(0x05))
    expect([socket.last('error').code, socket.closedWith]).toEqual(['malformed', 'malformed'])
    expect((await stage.entity('a')).members).toBe(0)
  })
})

describe('many entities on one socket', () => {
  test('[V3] a frame is made once for all sockets, and a channel is the same for all', async () => {
    const stage = tributaryStage()
    const [ann, bob, eve] = [await stage.enter('a'), await stage.enter('a'), await stage.enter('a')]
    const other = await stage.enter('b')
    expect([bob.channel, eve.channel]).toEqual([ann.channel, ann.channel])
    expect(other.channel).not.toBe(ann.channel)
    ann.socket.say({ is: 'edit', channel: ann.channel, batch: 1, update: author().write('x') })
    await stage.settle()
    const frameOf = (socket: FakeSocket) => socket.frames[socket.kinds().indexOf('update')]
    expect(frameOf(bob.socket)).toBeDefined()
    expect(frameOf(bob.socket)).toBe(frameOf(eve.socket))
    expect(other.socket.all('update')).toEqual([])
  })

  test('[V6] one that waits holds up no other, and keeps the order of its own', async () => {
    const { checkInThread, go } = heldUp()
    const stage = tributaryStage({ checkInThread })
    const { socket, channel } = await stage.enter('a')
    socket.open('b')
    await stage.settle()
    const other = socket.last('opened').channel
    const [one, two] = [author(1), author(2)]
    socket.say({ is: 'edit', channel, batch: 1, update: one.write('x'.repeat(100_000)) })
    socket.say({ is: 'edit', channel, batch: 2, update: one.write('y') })
    socket.say({ is: 'edit', channel: other, batch: 1, update: two.write('z') })
    await stage.settle()
    expect(socket.all('ack').map((ack) => [ack.channel, ack.batch])).toEqual([[other, 1]])
    go()
    await stage.settle()
    await stage.settle()
    expect(socket.last('ack')).toMatchObject({ channel, batch: 2 })
    expect(socket.all('ask'), 'the second came behind the first').toEqual([])
  })

  test('[V6] nothing more is read while too much waits', async () => {
    const { checkInThread, go } = heldUp()
    const stage = tributaryStage({ checkInThread })
    const { socket, channel } = await stage.enter('a')
    const writer = author()
    const edit = (text: string) =>
      socket.say({ is: 'edit', channel, batch: 1, update: writer.write(text) })
    expect(edit('x'.repeat(100_000))).toBe(true)
    expect(edit('x'.repeat(600_000))).toBe(true)
    expect(edit('x'.repeat(600_000))).toBe(false)
    go()
    await stage.settle()
    expect(socket.isRead).toBe(true)
  })

  test('[V5] so many are opened at once, and the rest in turn; so many may be open', async () => {
    const opening: (() => void)[] = []
    const stage = tributaryStage({
      limits: { socketOpens: 2, socketSessions: 4 },
      open: (ref) =>
        ref.id.startsWith('slow')
          ? new Promise<Entity>((_, reject) => {
              opening.push(() => reject(new TributaryError('storage', 'Nobody answers.')))
            })
          : null,
    })
    const socket = await stage.connect()
    for (const id of ['slow1', 'slow2', 'c', 'd', 'e']) socket.open(id)
    await stage.settle()
    expect(opening).toHaveLength(2)
    expect(socket.last('refused')).toMatchObject({ request: 5, code: 'too-many-sessions' })
    expect(socket.all('opened')).toEqual([])
    opening[0]?.()
    await stage.settle()
    expect(socket.all('opened').map(({ request }) => request)).toEqual([3, 4])
    expect(socket.last('refused')).toMatchObject({ request: 1, code: 'storage' })
    expect(socket.last('refused').again).toBeGreaterThanOrEqual(1_000)
    expect(socket.closedWith).toBe(null)
  })

  test('[V7] one is open once on a socket; closed, it can be opened again, behind what was said', async () => {
    const { checkInThread, go } = heldUp()
    const stage = tributaryStage({ checkInThread })
    const { socket, channel } = await stage.enter('a')
    socket.open('a')
    expect(socket.last('refused')).toMatchObject({ request: 2, code: 'conflict', again: null })
    socket.open('')
    expect(socket.last('refused')).toMatchObject({ request: 3, code: 'bad-entity-id' })
    const update = author().write('x'.repeat(100_000))
    socket.say({ is: 'edit', channel, batch: 1, update })
    socket.say({ is: 'close', channel })
    socket.open('a')
    await stage.settle()
    expect(socket.all('opened')).toHaveLength(1)
    go()
    await stage.settle()
    expect(socket.last('opened')).toMatchObject({ request: 4, channel })
    expect(textOf(docOf(socket, channel))).toHaveLength(100_000)
    expect((await stage.entity('a')).members).toBe(1)
  })

  test('[V7] what fails takes its entity along and nothing else', async () => {
    const stage = tributaryStage()
    const { socket, channel } = await stage.enter('a')
    socket.open('b')
    await stage.settle()
    const other = socket.last('opened').channel
    const entity = await stage.entity('a')
    entity.submit = () => {
      throw new Error('a bug of ours')
    }
    socket.say({ is: 'edit', channel, batch: 1, update: author().write('x') })
    expect(socket.last('closed')).toMatchObject({ channel, code: 'internal' })
    expect(socket.last('closed').reason).not.toContain('bug')
    expect(stage.metrics.handlerErrors.value).toBe(1)
    expect(stage.logger.lines).toHaveLength(1)
    socket.say({ is: 'edit', channel: other, batch: 1, update: author().write('x') })
    await stage.settle()
    expect(socket.last('ack')).toMatchObject({ channel: other, batch: 1 })
    expect(socket.closedWith).toBe(null)
  })

  test('[V7] what fails before there is a channel is an error of ours, too', async () => {
    const random = { ...SYSTEM_RANDOM }
    const stage = tributaryStage({ random })
    const socket = await stage.connect()
    random.id = () => {
      throw new Error('a bug of ours')
    }
    socket.open('a')
    expect(socket.last('refused')).toMatchObject({ code: 'internal' })
    expect(socket.last('refused').reason).not.toContain('bug')
    expect(stage.metrics.handlerErrors.value).toBe(1)
    expect(stage.logger.lines).toMatchObject([
      ['error', 'a client could not be served', { address: 'here', entity: 'a' }],
    ])
    expect(stage.logger.lines[0]?.[2].error).toMatchObject({ cause: { message: 'a bug of ours' } })
  })
})

test('[V7] whatever is said, nothing breaks here but what said it', async () => {
  for (const seed of [1, 2, 3, 4, 5]) {
    const random = new Seeded(seed)
    const stage = tributaryStage()
    const witness = await stage.enter('a')
    for (let client = 0; client < 20; client++) {
      const socket = await stage.connect()
      for (let n = 0; n < 30 && socket.closedWith === null; n++) {
        if (socket.isRead) socket.send(strange(random))
        if (random.chance(0.3)) await stage.settle()
      }
      socket.close('not-available')
    }
    await stage.settle()
    expect(stage.metrics.handlerErrors.value, `seed ${seed}`).toBe(0)
    const { channel, socket } = witness
    socket.say({ is: 'edit', channel, batch: 1, update: author(3).write('there') })
    await stage.settle()
    expect(socket.last('ack').batch, `seed ${seed}`).toBe(1)
    expect((await stage.entity('a')).members, `seed ${seed}`).toBe(1)
  }
})

/** A message whose fields are of the right kind, and else anything; now and then not even that. */
function strange(random: Seeded): Uint8Array {
  const channel = random.int(0, 2)
  const batch = random.int(0, 3)
  const bytes = random.chance(0.5)
    ? random.bytes(random.int(0, 12))
    : author(random.int(1, 9)).write('x')
  const message = random.pick<ClientMessage>([
    {
      is: 'open',
      request: batch,
      entity: random.pick(['a', 'b', '']),
      position: '',
      stateVector: bytes,
    },
    {
      is: 'open',
      request: batch,
      entity: 'b',
      position: '0.:0:0000000000000000',
      stateVector: bytes,
    },
    { is: 'close', channel },
    { is: 'sync', channel, stateVector: random.pick([bytes, Uint8Array.of(0)]) },
    { is: 'edit', channel, batch, update: bytes },
    { is: 'answer', channel, batch, update: bytes },
    { is: 'part', channel, bytes },
    { is: 'awareness', channel, body: bytes },
    { is: 'claim', channel, body: bytes },
    { is: 'token', token: 'x' },
    { is: 'ping', number: batch },
  ])
  const said = writeClientMessage(message)
  return random.chance(0.02) ? said.subarray(0, -1) : said
}
