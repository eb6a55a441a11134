import { connect } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { updateFrame } from '../../src/wire/y-websocket.ts'
import { transportStage, until } from './stage.ts'

type Stage = Awaited<ReturnType<typeof transportStage>>
const stages: Stage[] = []
const sockets: WebSocket[] = []

async function begin(options?: Parameters<typeof transportStage>[0]): Promise<Stage> {
  const stage = await transportStage(options)
  stages.push(stage)
  return stage
}

function dial(stage: Stage, protocols: string[] = []) {
  const socket = new WebSocket(stage.url, protocols)
  sockets.push(socket)
  const closed = new Promise<{ code: number; reason: string }>((resolve) => {
    socket.on('close', (code, reason) => resolve({ code, reason: reason.toString() }))
  })
  const opened = new Promise<void>((resolve, reject) => {
    socket.on('open', resolve)
    socket.on('error', reject)
  })
  return { socket, closed, opened }
}

afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.terminate()
  for (const stage of stages.splice(0)) await stage.close()
})

test('[S12] a handler that throws ends its own connection and no other', async () => {
  const stage = await begin()
  const [bad, good] = [dial(stage), dial(stage)]
  await Promise.all([bad.opened, good.opened])
  await until(() => stage.talks.length === 2)
  for (const talk of stage.talks) {
    talk.onMessage = (data) => {
      if (data[0] === 1) throw new Error('a bug')
      return data[0] === 2 ? Promise.reject(new Error('a later bug')) : undefined
    }
  }
  bad.socket.send(Buffer.of(1))
  expect(await bad.closed).toEqual({ code: 1011, reason: 'internal' })
  good.socket.send(Buffer.of(0))
  await until(() => stage.talks.some(({ heard }) => heard.some(({ data }) => data === '\0')))
  good.socket.send(Buffer.of(2))
  expect((await good.closed).code).toBe(1011)
  expect(stage.metrics.handlerErrors.value).toBe(2)
  expect(stage.talks.every(({ isClosed }) => isClosed)).toBe(true)
})

test('nothing is read before the conversation has begun, and nothing is lost', async () => {
  let letIn = () => {}
  const begun = new Promise<void>((resolve) => {
    letIn = resolve
  })
  const stage = await begin({ begin: () => begun })
  const { socket, opened } = dial(stage)
  await opened
  for (let i = 0; i < 100; i++) socket.send(Buffer.of(i))
  await until(() => stage.talks.length === 1)
  await new Promise((resolve) => setTimeout(resolve, 50))
  expect(stage.talks[0]?.heard).toEqual([])
  letIn()
  await until(() => stage.talks[0]?.heard.length === 100)
  expect(stage.talks[0]?.heard.map(({ data }) => data.charCodeAt(0))).toEqual(
    Array.from({ length: 100 }, (_, i) => i),
  )
})

test('a conversation that cannot begin ends the connection with its code', async () => {
  const { TributaryError } = await import('../../src/core/errors.ts')
  const stage = await begin({
    begin: () => Promise.reject(new TributaryError('storage', 'not there')),
  })
  expect(await dial(stage).closed).toEqual({ code: 1013, reason: 'storage' })
})

test('[S6] while a message is handled no further one is, and they stay in order', async () => {
  const stage = await begin()
  const { socket, opened } = dial(stage)
  await opened
  await until(() => stage.talks.length === 1)
  const talk = stage.talks[0]
  if (talk === undefined) throw new Error('no talk')
  let running = 0
  let most = 0
  talk.onMessage = async () => {
    most = Math.max(most, ++running)
    await new Promise((resolve) => setTimeout(resolve, 1))
    running--
  }
  for (let i = 0; i < 50; i++) socket.send(String.fromCharCode(65 + (i % 26)))
  await until(() => talk.heard.length === 50 && running === 0)
  expect(most).toBe(1)
  expect(talk.heard.map(({ data }) => data).join('')).toBe(
    'ABCDEFGHIJKLMNOPQRSTUVWXYZABCDEFGHIJKLMNOPQRSTUVWX',
  )
  expect(talk.heard.every(({ binary }) => !binary)).toBe(true)
})

test('[S9] a held socket is read no more, and closed with its code', async () => {
  const stage = await begin()
  const { socket, opened, closed } = dial(stage)
  await opened
  await until(() => stage.talks.length === 1)
  const since = performance.now()
  stage.talks[0]?.wire.close('malformed', 300)
  expect(stage.talks[0]?.isClosed).toBe(true)
  socket.send('unheard')
  expect(await closed).toEqual({ code: 4422, reason: 'malformed' })
  expect(performance.now() - since).toBeGreaterThan(250)
  expect(stage.talks[0]?.heard).toEqual([])
})

/** A peer that speaks TCP only: it completes the handshake, and reads as the test wants. */
function dialRaw(stage: Stage) {
  const socket = connect(stage.port, '127.0.0.1')
  socket.write(
    'GET /talk/x HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n' +
      'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n',
  )
  return socket
}

test('[S13] a socket that takes nothing is closed, one that is slow is not', async () => {
  const stage = await begin({ paces: { stall: 1_500 } })
  const [stuck, slow] = [dialRaw(stage), dialRaw(stage)]
  stuck.on('error', () => {})
  await until(() => stage.talks.length === 2)
  let received = 0
  let patient = true
  slow.on('data', (chunk) => {
    received += chunk.length
    if (!patient) return
    slow.pause()
    setTimeout(() => slow.resume(), 50)
  })
  stuck.pause()
  const length = 24 * 2 ** 20
  for (const talk of stage.talks) talk.wire.write(updateFrame(new Uint8Array(length)))
  await until(() => stage.acceptor.connections === 1)
  expect(stage.lines).toEqual(['a connection takes nothing any more'])
  await new Promise((resolve) => setTimeout(resolve, 2_000))
  expect(stage.acceptor.connections).toBe(1)
  expect(received).toBeLessThan(length)
  patient = false
  slow.resume()
  await until(() => received > length && stage.talks.some(({ drains }) => drains > 0))
  stuck.destroy()
  slow.destroy()
})

test('[S14] a silent socket is pinged, and ended when it does not answer', async () => {
  const stage = await begin({ paces: { ping: 300, pong: 300 } })
  const alive = dial(stage)
  await alive.opened
  let pings = 0
  alive.socket.on('ping', () => pings++)
  const dead = dialRaw(stage)
  dead.resume()
  await until(() => stage.acceptor.connections === 2)
  await until(() => dead.destroyed || dead.readableEnded)
  dead.destroy()
  await until(() => pings >= 2)
  expect(stage.acceptor.connections).toBe(1)
})

test('[S14] a silent socket that takes a large message slowly is neither pinged nor ended', async () => {
  const stage = await begin({ paces: { ping: 200, pong: 200, stall: 60_000 } })
  const slow = dialRaw(stage)
  slow.on('data', () => {
    slow.pause()
    setTimeout(() => slow.resume(), 50)
  })
  await until(() => stage.talks.length === 1)
  stage.talks[0]?.wire.write(updateFrame(new Uint8Array(24 * 2 ** 20)))
  // It is looked at once a second.
  await new Promise((resolve) => setTimeout(resolve, 4_000))
  expect(stage.acceptor.connections).toBe(1)
  slow.destroy()
})

test('a ping is answered with its own payload', async () => {
  const stage = await begin()
  const { socket, opened } = dial(stage)
  await opened
  const pong = new Promise<string>((resolve) => socket.on('pong', (data) => resolve(String(data))))
  socket.ping('are you there')
  expect(await pong).toBe('are you there')
})

test('[S6] a flood of pings is read no faster than a hundred a second', async () => {
  const stage = await begin()
  const { socket, opened } = dial(stage)
  await opened
  await until(() => stage.talks.length === 1)
  // Large enough for many chunks: what is read already is still answered.
  const payload = Buffer.alloc(125)
  for (let i = 0; i < 50_000; i++) socket.ping(payload)
  let pongs = 0
  socket.on('pong', () => pongs++)
  await new Promise((resolve) => setTimeout(resolve, 1_500))
  expect(pongs).toBeGreaterThan(0)
  expect(pongs).toBeLessThan(5_000)
})

test('a frame over the limit is a 1009, whatever the header claims', async () => {
  const stage = await begin({ limits: { frameBytes: 1_000 } })
  const { socket, opened, closed } = dial(stage)
  await opened
  socket.send(new Uint8Array(1_001))
  expect((await closed).code).toBe(1009)
  expect(stage.metrics.refusals.of('frame-too-large').value).toBe(1)
})

test('a subprotocol is echoed, but never one that holds a token', async () => {
  const stage = await begin()
  const { socket, opened } = dial(stage, ['tributary.token.secret', 'tributary.sync'])
  await opened
  expect(socket.protocol).toBe('tributary.sync')
})

test('[S15] a drain lets nobody in and ends everyone with 1012', async () => {
  const stage = await begin()
  const clients = Array.from({ length: 5 }, () => dial(stage))
  await Promise.all(clients.map(({ opened }) => opened))
  const drained = stage.acceptor.drain(3_000)
  const late = dial(stage)
  await expect(late.opened).rejects.toThrow('503')
  await drained
  for (const { closed } of clients) expect((await closed).code).toBe(1012)
})

test('upgrades that are none, or to no door, are answered with a status', async () => {
  const stage = await begin()
  const other = new WebSocket(`ws://127.0.0.1:${stage.port}/elsewhere`)
  sockets.push(other)
  const status = await new Promise((resolve) => other.on('error', resolve))
  expect(String(status)).toContain('404')
  const raw = connect(stage.port, '127.0.0.1')
  raw.write('GET /talk/x HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n')
  const answer = await new Promise<string>((resolve) => raw.once('data', (d) => resolve(String(d))))
  expect(answer).toMatch(/^HTTP\/1.1 400/)
  raw.destroy()
  // One that is gone in the middle of it harms nobody.
  for (let i = 0; i < 20; i++) {
    const gone = connect(stage.port, '127.0.0.1')
    gone.on('error', () => {})
    gone.write(
      'GET /talk/x HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n' +
        'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n',
      () => gone.resetAndDestroy(),
    )
  }
  const good = dial(stage)
  await good.opened
  await until(() => stage.acceptor.connections === 1)
})
