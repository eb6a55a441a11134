import { describe, expect, test, vi } from 'vitest'
import * as Y from 'yjs'
import type { Access, Admission } from '../../src/access/access.ts'
import { TributaryError } from '../../src/core/errors.ts'
import { DEFAULT_TENANT, entityId, entityRef } from '../../src/core/ids.ts'
import { ORIGIN } from '../../src/core/position.ts'
import { encodeAwareness } from '../../src/crdt/awareness.ts'
import { checkUpdate } from '../../src/crdt/check.ts'
import type { SoundUpdate, UpdateScan } from '../../src/crdt/scan.ts'
import type { Entity } from '../../src/entity/entity.ts'
import { Trail } from '../../src/entity/trail.ts'
import { compactSound } from '../../src/jobs/compact-sound.ts'
import { type ClientMessage, writeClientMessage } from '../../src/wire/tributary-client.ts'
import { Seeded } from '../support/seeded.ts'
import { type FakeSocket, tributaryStage } from '../support/tributary-stage.ts'

function author(clientID = 1) {
  const doc = new Y.Doc()
  doc.clientID = clientID
  const updates: Uint8Array[] = []
  doc.on('update', (update: Uint8Array) => updates.push(update))
  return {
    doc,
    updates,
    write(text: string): Uint8Array {
      doc.getText('text').insert(doc.getText('text').length, text)
      return updates.at(-1) as Uint8Array
    },
  }
}

/** What came on a channel, in a document. */
function docOf(socket: FakeSocket, channel: number): Y.Doc {
  const doc = new Y.Doc()
  let parts: Uint8Array[] = []
  for (const message of socket.said) {
    if (!('channel' in message) || message.channel !== channel) continue
    if (message.is === 'part') parts.push(message.bytes)
    else if (message.is === 'update' || message.is === 'synced') {
      Y.applyUpdate(doc, Buffer.concat([...parts, message.update]))
      parts = []
    }
  }
  return doc
}
const textOf = (doc: Y.Doc) => doc.getText('text').toString()
const NOTHING = Uint8Array.of(0, 0)
const REF_A = entityRef(DEFAULT_TENANT, entityId('a')).key
const MALFORMED = Uint8Array.of(9, 9, 9)

describe('the socket', () => {
  test('[V4] is at /connect just so, and speaks what the client offers, or there is none', async () => {
    const { door, knock } = tributaryStage()
    expect(door.protocol).toBe('tributary.v1')
    expect(() => door.admit({ ...knock, path: '/x' })).toThrow(/connect/)
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

/** Tokens that are let in when a test says so. */
function gate() {
  const admissions = new Map<string, Partial<Admission>>()
  const waiting: (() => void)[] = []
  const access: Access = {
    open: false,
    warnings: [],
    close() {},
    admit: async (token) => {
      const found = () => admissions.get(token ?? '')
      if (found() === undefined && token !== 'bad') {
        await new Promise<void>((resolve) => waiting.push(resolve))
      }
      if (token === 'bad') throw new TributaryError('unauthenticated', 'No.')
      return { actor: 'ann', tenant: DEFAULT_TENANT, may: 'write', expiresAt: null, ...found() }
    },
  }
  return {
    access,
    admit(token: string, admission: Partial<Admission>) {
      admissions.set(token, admission)
      for (const go of waiting.splice(0)) go()
    },
  }
}

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
    const waiting: (() => void)[] = []
    const stage = tributaryStage({
      checkInThread: async (bytes): Promise<UpdateScan> => {
        await new Promise<void>((resolve) => waiting.push(resolve))
        return checkUpdate(bytes)
      },
    })
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
    waiting.shift()?.()
    await stage.settle()
    await stage.settle()
    expect(socket.last('ack')).toMatchObject({ channel, batch: 2 })
    expect(socket.all('ask'), 'the second came behind the first').toEqual([])
  })

  test('[V6] nothing more is read while too much waits', async () => {
    let go = () => {}
    const stage = tributaryStage({
      checkInThread: async (bytes): Promise<UpdateScan> => {
        await new Promise<void>((resolve) => {
          go = resolve
        })
        return checkUpdate(bytes)
      },
    })
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
    let go = () => {}
    const stage = tributaryStage({
      checkInThread: async (bytes): Promise<UpdateScan> => {
        await new Promise<void>((resolve) => {
          go = resolve
        })
        return checkUpdate(bytes)
      },
    })
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

describe('coming back by position', () => {
  async function away() {
    const stage = tributaryStage()
    const ann = await stage.enter('a')
    const writer = author()
    const write = async (text: string) => {
      const update = writer.write(text)
      ann.socket.say({ is: 'edit', channel: ann.channel, batch: 1, update })
      await stage.settle()
      return update
    }
    await write('one ')
    return { stage, ann, writer, write, at: ann.socket.last('ack').position }
  }

  test('[V8] to where nothing has happened: nothing is sent, and what is not in the log yet is', async () => {
    const { stage, at, write } = await away()
    const { socket } = await stage.enter('a', '', { position: at })
    expect(socket.last('opened')).toMatchObject({ follows: 'rest', bytes: 2, position: at })
    expect(socket.kinds()).toEqual(['welcome', 'opened', 'synced', 'at'])
    expect(socket.last('synced').update).toEqual(NOTHING)
    expect(socket.last('at').position).toBe(at)
    const { append } = stage.log
    stage.log.append = () => new Promise(() => {})
    const early = await write('two')
    stage.log.append = append
    const again = await stage.enter('a', '', { position: at })
    expect(again.socket.last('synced').update).toEqual(early)
    expect(again.socket.all('at'), 'it is not in the log').toEqual([])
  })

  test.each([
    ['its node remembers the place', false],
    ['the place is looked for in the log', true],
  ])('[V8] what came since is sent, and not what was before: %s', async (_, isForgotten) => {
    const { stage, at, write } = await away()
    const [two, three] = [await write('two '), await write('three')]
    if (isForgotten) stage.forget('a')
    const read = vi.spyOn(stage.log, 'read')
    if (isForgotten) await stage.enter('a')
    read.mockClear()
    const { socket, channel } = await stage.enter('a', '', { position: at })
    expect(read).toHaveBeenCalledTimes(isForgotten ? 1 : 0)
    expect(socket.last('opened').follows).toBe('rest')
    expect(socket.last('synced').update).toEqual(Y.mergeUpdates([two, three]))
    expect(docOf(socket, channel).store.pendingStructs).not.toBe(null)
    if (isForgotten) return
    await write('!')
    expect(socket.all('update')).toHaveLength(1)
  })

  test('[V8] of another history, or from a place that is none: the client is asked what it has', async () => {
    const { stage, at, write } = await away()
    await write('two')
    const [epoch, offset, check] = at.split(':')
    const strange = [
      `${epoch}:${offset}:${'0'.repeat(16)}`,
      `0.000000000000:${offset}:${check}`,
      `${epoch}:99:${check}`,
      'nonsense',
    ]
    for (const position of strange) {
      const { socket, channel } = await stage.enter('a', '', { position })
      expect(socket.last('opened'), position).toMatchObject({ follows: 'ask', bytes: 0 })
      expect(socket.all('synced')).toEqual([])
      socket.say({ is: 'sync', channel, stateVector: Uint8Array.of(0) })
      await stage.settle()
      expect(textOf(docOf(socket, channel))).toBe('one two')
    }
  })

  test.each(['rest', 'state', 'ask'] as const)(
    '[V32] the position counts what the log has told within this tick only as it is sent: %s',
    async (follows) => {
      const { stage, at, write, writer } = await away()
      // An entry of another node, while the entity is busy: told to nobody yet.
      await write('two ')
      await stage.settle(0)
      const far = author(2)
      const append = (text: string) =>
        stage.log.append(REF_A, {
          ...{ id: `foreign-${text}`, authors: [], origin: 'session', time: 0 },
          update: checkUpdate(far.write(text)).bytes,
        })
      await append('b')
      await append('a')
      const socket = await stage.connect()
      const stateVector = Y.encodeStateVector(writer.doc)
      if (follows === 'rest') socket.open('a', { position: at })
      else if (follows === 'state') socket.open('a', { stateVector })
      else socket.open('a', { position: 'nonsense' })
      for (let turn = 0; turn < 10; turn++) await Promise.resolve()
      const opened = socket.last('opened')
      expect(opened).toMatchObject({ follows, position: expect.stringContaining(':4:') })
      const { channel } = opened
      // Whoever breaks off here comes back with that position, and is sent nothing of it again.
      if (follows === 'ask') socket.say({ is: 'sync', channel, stateVector })
      await stage.settle()
      Y.applyUpdate(writer.doc, Y.encodeStateAsUpdate(docOf(socket, channel)))
      expect(textOf(writer.doc)).toContain('ba')
      expect(socket.kinds().slice(0, 3)).toEqual(['welcome', 'opened', 'synced'])
      expect(socket.all('update')).toEqual([])
    },
  )

  test('[V8] what is fanned out before the first is sent comes behind it', async () => {
    const { stage, at, write } = await away()
    await write('two ')
    const entity = await stage.entity('a')
    const { after } = entity
    entity.after = async (position) => {
      const since = await after.call(entity, position)
      await write('late')
      return since
    }
    const socket = await stage.connect()
    socket.open('a', { position: at })
    for (let n = 0; n < 4; n++) await stage.settle()
    expect(socket.kinds().slice(-3)).toEqual(['synced', 'update', 'at'])
    expect(socket.last('at').position).toContain(':3:')
  })

  test('[V8] a compaction that comes in between is not fallen through', async () => {
    const { stage, at, write, writer } = await away()
    await write('two ')
    const entity = await stage.entity('a')
    // It does not remember where it was.
    vi.spyOn(Trail.prototype, 'goesThrough').mockReturnValue(false)
    const { read } = stage.log
    let looks = 0
    stage.log.read = async (key, after) => {
      const found = await read.call(stage.log, key, after)
      if (looks++ > 0) return found
      // What comes now is in the log and in a snapshot before the reader can look at the tail.
      await write('three')
      const before = await read.call(stage.log, key, ORIGIN)
      const entries = before.is === 'entries' ? before.entries : []
      const sound = entries.map(({ update }) => update as SoundUpdate)
      const compacted = compactSound(null, sound, { gc: true })
      entity.adopt({ ...compacted, position: entity.position })
      return found
    }
    const socket = await stage.connect()
    socket.open('a', { position: at })
    for (let n = 0; n < 4; n++) await stage.settle()
    vi.restoreAllMocks()
    expect(looks).toBe(2)
    expect(entity.tailSize.entries).toBe(0)
    const rest = new Y.Doc()
    Y.applyUpdate(rest, writer.updates[0] as Uint8Array)
    Y.applyUpdate(rest, socket.last('synced').update)
    expect(textOf(rest)).toBe('one two three')
  })

  test('[V9] who opens is told what the entity has, and is asked only when something is missing', async () => {
    const { stage, ann, writer } = await away()
    const { socket, channel } = await stage.enter('a')
    const opened = socket.last('opened')
    expect(opened.stateVector).toEqual(Y.encodeStateVector(writer.doc))
    expect(socket.last('synced').update.length).toBe(opened.bytes)
    expect(socket.all('ask')).toEqual([])
    writer.write('lost on its way')
    const update = writer.write('!')
    ann.socket.say({ is: 'edit', channel, batch: 2, update })
    expect(ann.socket.last('ask').stateVector).toEqual(opened.stateVector)
    await stage.settle()
    expect(ann.socket.last('ack').batch, 'it is not there').toBe(1)
    const answer = Y.encodeStateAsUpdate(writer.doc, opened.stateVector)
    ann.socket.say({ is: 'answer', channel, batch: 3, update: answer })
    await stage.settle()
    expect(ann.socket.last('ack').batch).toBe(3)
    expect(textOf(docOf(socket, channel))).toBe(textOf(writer.doc))
  })
})

describe('what has become of an edit', () => {
  test('[V10] is told when it is durable: the newest of those that are, how safe, and where', async () => {
    const stage = tributaryStage()
    const { append } = stage.log
    const landing: (() => void)[] = []
    stage.log.append = async (key, entry) => {
      await new Promise<void>((resolve) => landing.push(resolve))
      return { ...(await append.call(stage.log, key, entry)), replicas: 2 }
    }
    const { socket, channel } = await stage.enter('a')
    const writer = author()
    for (const batch of [1, 2, 3]) {
      socket.say({ is: 'edit', channel, batch, update: writer.write('x') })
    }
    await stage.settle()
    expect(socket.all('ack')).toEqual([])
    landing.shift()?.()
    await stage.settle()
    const { position } = await stage.entity('a')
    const at = `${position.epoch}:1:${position.check}`
    expect(socket.all('ack')).toEqual([
      { is: 'ack', channel, batch: 3, tier: 'memory', replicas: 2, position: at },
    ])
    // What it repeats is there: so it is told at once.
    socket.say({ is: 'answer', channel, batch: 4, update: Y.encodeStateAsUpdate(writer.doc) })
    expect(socket.last('ack').batch).toBe(4)
  })

  test('[V10] what only repeats is acknowledged when that is durable, who may only read too', async () => {
    const { access, admit } = gate()
    admit('reads', { may: 'read', actor: 'bob' })
    admit('writes', {})
    const stage = tributaryStage({ access })
    const ann = await stage.enter('a', 'writes')
    const bob = await stage.enter('a', 'reads')
    const { append } = stage.log
    let land = () => {}
    stage.log.append = async (key, entry) => {
      await new Promise<void>((resolve) => {
        land = resolve
      })
      return append.call(stage.log, key, entry)
    }
    const update = author().write('x')
    ann.socket.say({ is: 'edit', channel: ann.channel, batch: 1, update })
    bob.socket.say({ is: 'edit', channel: ann.channel, batch: 1, update })
    await stage.settle()
    expect(bob.socket.all('ack')).toEqual([])
    land()
    await stage.settle()
    expect(bob.socket.all('ack')).toHaveLength(1)
    expect(bob.socket.all('nack')).toEqual([])
  })

  test('[V11] where a client stands is told when all it was sent is in the log, once a second', async () => {
    const stage = tributaryStage()
    const [ann, bob] = [await stage.enter('a'), await stage.enter('a')]
    const { append } = stage.log
    let land = () => {}
    stage.log.append = async (key, entry) => {
      await new Promise<void>((resolve) => {
        land = resolve
      })
      return append.call(stage.log, key, entry)
    }
    ann.socket.say({ is: 'edit', channel: ann.channel, batch: 1, update: author().write('x') })
    await stage.settle()
    expect(bob.socket.all('update')).toHaveLength(1)
    bob.socket.conversation?.tick(stage.clock.monotonic(), 0)
    expect(bob.socket.all('at'), 'it was sent ahead of the log').toEqual([])
    land()
    await stage.settle()
    expect(bob.socket.all('at')).toEqual([])
    bob.socket.conversation?.tick(stage.clock.monotonic(), 0)
    bob.socket.conversation?.tick(stage.clock.monotonic(), 0)
    const { position } = ann.socket.last('ack')
    expect(bob.socket.all('at')).toEqual([
      { is: 'at', channel: bob.channel, tier: 'memory', position },
    ])
  })

  test('[V11] what the log has told and nobody was sent yet is not told as sent', async () => {
    const stage = tributaryStage()
    const ann = await stage.enter('a')
    const writer = author()
    const edit = { is: 'edit', channel: ann.channel, batch: 1, update: writer.write('x') } as const
    ann.socket.say(edit)
    await stage.settle()
    ann.socket.conversation?.tick(stage.clock.monotonic(), 0)
    const before = ann.socket.last('at').position
    // By another node, while the entity is busy.
    ann.socket.say({ ...edit, update: writer.write('y') })
    await stage.settle(0)
    await stage.log.append(REF_A, {
      ...{ id: 'foreign', authors: [], origin: 'session', time: 0 },
      update: checkUpdate(author(2).write('z')).bytes,
    })
    const entity = await stage.entity('a')
    expect(entity.position.offset).toBe(3)
    ann.socket.conversation?.tick(stage.clock.monotonic(), 0)
    expect(ann.socket.last('at').position).toBe(before)
    expect(ann.socket.all('update')).toEqual([])
    await stage.settle()
    expect(ann.socket.all('update')).toHaveLength(1)
    ann.socket.conversation?.tick(stage.clock.monotonic(), 0)
    expect(ann.socket.last('at').position).toContain(':3:')
  })

  test('[V12] one that may not be is refused alone, by its number, and the session goes on', async () => {
    const { access, admit } = gate()
    admit('reads', { may: 'read', actor: 'bob' })
    admit('writes', {})
    const stage = tributaryStage({ access, limits: { pendingEntityBytes: 500 } })
    const bob = await stage.enter('a', 'reads')
    expect(bob.socket.last('opened').may).toBe('read')
    bob.socket.say({ is: 'edit', channel: bob.channel, batch: 5, update: author().write('x') })
    expect(bob.socket.last('nack')).toMatchObject({
      ...{ channel: bob.channel, batch: 5, code: 'forbidden', neutered: false, again: null },
    })
    bob.socket.say({ is: 'answer', channel: bob.channel, batch: 6, update: NOTHING })
    expect(bob.socket.last('ack').batch).toBe(6)
    const ann = await stage.enter('a', 'writes')
    const writer = author()
    const [small, large] = [writer.write('a'), writer.write('b'.repeat(600))]
    ann.socket.say({ is: 'edit', channel: ann.channel, batch: 1, update: small })
    ann.socket.say({ is: 'edit', channel: ann.channel, batch: 2, update: large })
    expect(ann.socket.last('nack')).toMatchObject({
      batch: 2,
      code: 'pending-full',
      neutered: false,
    })
    expect(ann.socket.last('nack').again).toBeGreaterThanOrEqual(1_000)
    await stage.settle()
    expect(ann.socket.all('ack').map(({ batch }) => batch)).toEqual([1])
    expect(ann.socket.all('closed')).toEqual([])
  })

  test('[V13] after what no client of ours makes it may write no more, and is told so', async () => {
    const stage = tributaryStage()
    const { socket, channel } = await stage.enter('a')
    socket.say({ is: 'edit', channel, batch: 1, update: MALFORMED })
    expect(socket.last('nack')).toMatchObject({ batch: 1, code: 'malformed', again: null })
    expect(socket.last('rights')).toEqual({ is: 'rights', channel, may: 'read', expires: null })
    socket.say({ is: 'edit', channel, batch: 2, update: author().write('x') })
    expect(socket.last('nack')).toMatchObject({ batch: 2, code: 'malformed' })
    await stage.settle()
    expect(socket.all('ack')).toEqual([])
    const other = await stage.enter('a')
    other.socket.say({ is: 'edit', channel, batch: 1, update: author(2).write('y') })
    await stage.settle()
    expect(textOf(docOf(socket, channel)), 'it still reads').toBe('y')
  })

  test('[V14] one that is too much is taken without its content, said by its number, and later ones fit', async () => {
    const stage = tributaryStage({ limits: { updateBytes: 1_000 } })
    const [ann, bob] = [await stage.enter('a'), await stage.enter('a')]
    const writer = author()
    const say = (batch: number, update: Uint8Array) =>
      ann.socket.say({ is: 'edit', channel: ann.channel, batch, update })
    say(1, writer.write('a'))
    say(2, writer.write('b'.repeat(2_000)))
    say(3, writer.write('c'))
    await stage.settle()
    expect(ann.socket.all('nack')).toEqual([
      {
        ...{ is: 'nack', channel: ann.channel, batch: 2, code: 'update-too-large', again: null },
        ...{ neutered: true, reason: expect.stringContaining('without its content') },
      },
    ])
    expect(ann.socket.last('ack').batch).toBe(3)
    expect(textOf(docOf(bob.socket, bob.channel))).toBe('ac')
    for (const { update } of ann.socket.all('update')) Y.applyUpdate(writer.doc, update)
    expect(textOf(writer.doc), 'its author has lost it too').toBe('ac')
  })
})

test('[V33] who sends again what was taken without its content is told again', async () => {
  const stage = tributaryStage({ limits: { updateBytes: 1_000 } })
  const writer = author()
  const [small, large, next] = [
    writer.write('a'),
    writer.write('b'.repeat(2_000)),
    writer.write('c'),
  ]
  const first = await stage.enter('a')
  for (const [batch, update] of [small, large].entries()) {
    first.socket.say({ is: 'edit', channel: first.channel, batch, update })
  }
  await stage.settle()
  const { socket, channel } = await stage.enter('a')
  const say = (is: 'edit' | 'answer', batch: number, update: Uint8Array) =>
    socket.say({ is, channel, batch, update })
  say('edit', 1, small)
  say('edit', 2, large)
  // Two that were put together meanwhile.
  say('edit', 3, Y.mergeUpdates([large, next]))
  say('answer', 4, Y.encodeStateAsUpdate(writer.doc))
  for (const { update } of socket.all('synced')) Y.applyUpdate(writer.doc, update)
  say('edit', 5, Y.encodeStateAsUpdate(writer.doc))
  await stage.settle()
  expect(socket.all('nack')).toMatchObject(
    [2, 3].map((batch) => ({ batch, code: 'update-too-large', neutered: true })),
  )
  expect(socket.last('ack').batch).toBe(5)
  expect(textOf(docOf((await stage.enter('a')).socket, channel))).toBe('ac')
})

test('[V13] [V19] a removed entity is closed, and what it held is refused for good', async () => {
  const stage = tributaryStage()
  const { socket, channel } = await stage.enter('a')
  const writer = author()
  const old = writer.write('x')
  socket.say({ is: 'edit', channel, batch: 1, update: old })
  await stage.settle()
  const { position } = socket.last('ack')
  await stage.log.remove(REF_A, new Map([[1, 1]]))
  await stage.settle()
  expect(socket.last('closed')).toMatchObject({ channel, code: 'entity-removed', again: null })
  stage.forget('a')
  socket.open('a', { position })
  await stage.settle()
  const opened = socket.last('opened')
  expect(opened).toMatchObject({ follows: 'ask', position: expect.stringMatching(/^1\./) })
  socket.say({ is: 'edit', channel: opened.channel, batch: 1, update: old })
  expect(socket.last('nack')).toMatchObject({ code: 'deleted-generation', again: null })
  expect(socket.last('rights')).toMatchObject({ channel: opened.channel, may: 'read' })
})

describe('what is large', () => {
  test('[V15] goes out in parts of 256 KB, a live update and a join alike', async () => {
    const stage = tributaryStage()
    const [ann, bob] = [await stage.enter('a'), await stage.enter('a')]
    const text = 'x'.repeat(600_000)
    const update = author().write(text)
    ann.socket.say({ is: 'edit', channel: ann.channel, batch: 1, update })
    await stage.settle()
    expect(bob.socket.kinds().slice(-3)).toEqual(['part', 'part', 'update'])
    expect(bob.socket.all('part').map(({ bytes }) => bytes.length)).toEqual([262_144, 262_144])
    expect(textOf(docOf(bob.socket, bob.channel))).toBe(text)
    const late = await stage.enter('a')
    expect(late.socket.last('opened').bytes).toBeGreaterThanOrEqual(600_000)
    expect(late.socket.all('part')).toHaveLength(2)
    expect(textOf(docOf(late.socket, late.channel))).toBe(text)
  })

  test('[V15] comes in in parts, put together within the bound of an entity', async () => {
    const stage = tributaryStage({ limits: { frameBytes: 500, entityBytes: 1_000 } })
    const { socket, channel } = await stage.enter('a')
    const update = author().write('x'.repeat(900))
    for (let at = 0; at < 800; at += 100) {
      socket.say({ is: 'part', channel, bytes: update.subarray(at, at + 100) })
    }
    socket.say({ is: 'edit', channel, batch: 1, update: update.subarray(800) })
    await stage.settle()
    expect(socket.last('ack').batch).toBe(1)
    expect(textOf(docOf((await stage.enter('a')).socket, channel))).toHaveLength(900)
    for (let n = 0; n < 10; n++) socket.say({ is: 'part', channel, bytes: new Uint8Array(100) })
    expect(socket.all('closed')).toEqual([])
    socket.say({ is: 'part', channel, bytes: new Uint8Array(1) })
    expect(socket.last('closed')).toMatchObject({ channel, code: 'frame-too-large', again: null })
  })

  test('[V15] all that is unfinished on a socket is within the same bound', async () => {
    const stage = tributaryStage({ limits: { frameBytes: 500, entityBytes: 1_000 } })
    const { socket, channel } = await stage.enter('a')
    socket.open('b')
    await stage.settle()
    const other = socket.last('opened').channel
    socket.say({ is: 'part', channel, bytes: new Uint8Array(700) })
    socket.say({ is: 'part', channel: other, bytes: new Uint8Array(400) })
    expect(socket.last('closed')).toMatchObject({ channel: other, code: 'pending-full' })
    expect(socket.last('closed').again).toBeGreaterThanOrEqual(1_000)
    socket.say({ is: 'close', channel })
    socket.open('a')
    await stage.settle()
    socket.say({ is: 'part', channel, bytes: new Uint8Array(900) })
    expect(socket.all('closed')).toHaveLength(1)
  })

  test('[V16] holds up no other entity: the socket is given a little at a time, in turn', async () => {
    const stage = tributaryStage()
    const ann = await stage.enter('a')
    const text = 'x'.repeat(3_000_000)
    ann.socket.say({ is: 'edit', channel: ann.channel, batch: 1, update: author().write(text) })
    await stage.settle()
    const bob = await stage.connect()
    bob.stalled = true
    bob.open('a')
    bob.open('b')
    await stage.settle()
    expect(bob.unsent).toBeLessThan(1_400_000)
    expect(bob.all('synced').map(({ channel }) => channel)).not.toContain(ann.channel)
    const { channel } = bob.last('opened')
    expect(
      bob.all('opened').map(({ request }) => request),
      'the small one waits for one turn',
    ).toEqual([1])
    bob.drain()
    expect(bob.last('synced').channel).not.toBe(ann.channel)
    expect(channel).toBe(ann.channel)
    for (let turns = 0; turns < 5; turns++) bob.drain()
    expect(textOf(docOf(bob, ann.channel))).toBe(text)
  })
})

describe('who is here', () => {
  const state = (client: number, clock: number, name: string | null) =>
    encodeAwareness([
      { client, clock, state: name === null ? null : Buffer.from(JSON.stringify({ name })) },
    ])
  const bodies = (socket: FakeSocket) =>
    socket.all('awareness').map(({ body }) => Buffer.from(body).toString('latin1'))

  test('[V17] an id is claimed outright, at any time, and whoever claims is told of the others', async () => {
    const stage = tributaryStage()
    const [ann, bob] = [await stage.enter('a'), await stage.enter('a')]
    ann.socket.say({ is: 'claim', channel: ann.channel, body: state(7, 1, 'ann') })
    await stage.settle(60)
    expect(bodies(bob.socket).at(-1)).toContain('ann')
    // Nobody else is heard about an id that is claimed.
    bob.socket.say({ is: 'awareness', channel: bob.channel, body: state(7, 9, 'a thief') })
    await stage.settle()
    expect(bodies(ann.socket).join()).not.toContain('thief')
    const eve = await stage.connect()
    eve.open('a')
    for (let n = 0; n < 10; n++) await Promise.resolve()
    await stage.settle(0)
    expect(bodies(eve)).toEqual([])
    const { channel } = eve.last('opened')
    eve.say({ is: 'claim', channel, body: state(8, 1, 'eve') })
    expect(bodies(eve).join()).toContain('ann')
    expect(bodies(eve).join(), 'never its own').not.toContain('eve')
    ann.socket.conversation?.closed(false)
    await stage.settle()
    expect(bodies(bob.socket).at(-1)).toContain('null')
  })
})

describe('another token', () => {
  test('[V18] says anew what may be done, for as long, with every entity that is open', async () => {
    const { access, admit } = gate()
    const stage = tributaryStage({ access })
    const until = stage.clock.wall() + 60_000
    admit('old', { expiresAt: until })
    admit('new', { may: 'read', expiresAt: until + 60_000 })
    const { socket, channel } = await stage.enter('a', 'old')
    expect(socket.last('opened')).toMatchObject({ may: 'write' })
    expect(socket.last('opened').expires).toBeGreaterThan(59_000)
    stage.clock.advance(60_000)
    socket.conversation?.tick(stage.clock.monotonic(), 0)
    expect(socket.last('rights')).toEqual({ is: 'rights', channel, may: 'write', expires: 0 })
    socket.say({ is: 'token', token: 'new' })
    await stage.settle(0)
    expect(socket.last('rights')).toMatchObject({ channel, may: 'read' })
    expect(socket.last('rights').expires).toBeGreaterThan(50_000)
    socket.say({ is: 'edit', channel, batch: 1, update: author().write('x') })
    expect(socket.last('nack').code).toBe('forbidden')
    stage.clock.advance(40_000)
    socket.conversation?.tick(stage.clock.monotonic(), 0)
    expect(socket.all('closed')).toEqual([])
    stage.clock.advance(60_000)
    socket.conversation?.tick(stage.clock.monotonic(), 0)
    expect(socket.last('closed')).toMatchObject({ channel, code: 'unauthenticated', again: null })
    expect(socket.closedWith).toBe(null)
  })

  test('[V18] that is refused, or somebody else’s, ends what was open; the socket stays', async () => {
    const { access, admit } = gate()
    const stage = tributaryStage({ access })
    admit('old', {})
    admit('another', { actor: 'bob' })
    const { socket, channel } = await stage.enter('a', 'old')
    socket.say({ is: 'token', token: 'bad' })
    await stage.settle()
    expect(socket.last('closed')).toMatchObject({ channel, code: 'unauthenticated' })
    socket.open('a')
    await stage.settle()
    expect(socket.last('refused')).toMatchObject({ request: 2, code: 'unauthenticated' })
    socket.say({ is: 'token', token: 'old' })
    socket.open('a')
    await stage.settle()
    socket.say({ is: 'token', token: 'another' })
    await stage.settle()
    expect(socket.last('closed')).toMatchObject({ code: 'not-available', again: 0 })
    expect(socket.closedWith).toBe(null)
    expect(stage.people.count('default', 'ann')).toBe(0)
  })
})

test('[V18] tokens are paid for by what they cost: nothing is read until then', async () => {
  const stage = tributaryStage({ limits: { sessionMessages: 1, sessionMessagesBurst: 10 } })
  const socket = await stage.connect()
  for (const id of ['a', 'b', 'c', 'd']) socket.open(id)
  await stage.settle()
  expect(socket.say({ is: 'token', token: 'x' })).toBe(true)
  expect(socket.say({ is: 'token', token: 'y' })).toBe(false)
  await stage.settle(2_000)
  expect(socket.isRead).toBe(false)
  await stage.settle(3_000)
  expect(socket.isRead).toBe(true)
})

describe('people', () => {
  test('[V19] a message comes to each socket of its user once; a kick ends that entity there', async () => {
    const { access, admit } = gate()
    const stage = tributaryStage({ access })
    admit('ann', {})
    admit('bob', { actor: 'bob' })
    const { socket, channel } = await stage.enter('a', 'ann')
    socket.open('b')
    const bob = await stage.enter('a', 'bob')
    await stage.settle()
    const bytes = Uint8Array.of(1, 2)
    stage.people.send({ tenant: 'default', actor: 'ann', kind: 'news', bytes })
    expect(socket.all('message')).toEqual([{ is: 'message', kind: 'news', bytes }])
    expect(bob.socket.all('message')).toEqual([])
    stage.people.send({ tenant: 'default', actor: null, kind: 'all', bytes })
    expect([socket.all('message').length, bob.socket.all('message').length]).toEqual([2, 1])
    stage.people.kick({ tenant: 'default', actor: 'ann', entity: 'a' })
    expect(socket.last('closed')).toMatchObject({ channel, code: 'kicked', again: null })
    expect((await stage.entity('a')).members).toBe(1)
    expect((await stage.entity('b')).members).toBe(1)
    stage.people.kick({ tenant: 'default', actor: 'ann' }, true)
    expect(socket.last('closed')).toMatchObject({ code: 'not-available' })
    expect(socket.last('closed').again).toBeGreaterThanOrEqual(1_000)
    expect(socket.closedWith).toBe(null)
    stage.people.send({ tenant: 'default', actor: 'ann', kind: 'news', bytes })
    expect(socket.all('message'), 'nobody of that name is here').toHaveLength(2)
  })

  test('[V19] one who is sent away while being let in is refused', async () => {
    const stage = tributaryStage({ open: () => new Promise(() => {}) })
    const socket = await stage.connect()
    socket.open('a')
    await stage.settle()
    stage.people.kick({ tenant: 'default', entity: 'a' })
    expect(socket.last('refused')).toMatchObject({ request: 1, code: 'kicked' })
  })
})
