import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer as createHttp } from 'node:http'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { createServer as createTls } from 'node:tls'
import { afterAll, afterEach, describe, expect, test } from 'vitest'
import { SYSTEM_RANDOM } from '../../src/ops/system.ts'
import { redisFault } from '../../src/redis/faults.ts'
import { RedisLink } from '../../src/redis/link.ts'
import { readRedisUrl } from '../../src/redis/place.ts'
import { makeCertificates } from '../support/certificates.ts'
import { until } from '../support/deadline.ts'
import { RecordedLog } from '../support/recorded-log.ts'

const certificates = makeCertificates()
afterAll(() => certificates.remove())

const closing: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close()
})

const [key, cert] = [certificates.key, certificates.certificate].map((file) => readFileSync(file))

const SERVERS: Readonly<Record<string, () => Server>> = {
  http: () => createHttp((_, answer) => answer.end('hello')),
  tls: () => createTls({ key, cert }),
  mail: () => createServer((socket) => socket.write('220 mail.example ready\r\n')),
  'a closed door': () => createServer((socket) => socket.once('data', () => socket.destroy())),
}

async function serve(name: string) {
  const server = SERVERS[name]?.() as Server
  const sockets = new Set<Socket>()
  let connections = 0
  server.on('connection', (socket: Socket) => {
    connections++
    sockets.add(socket.on('error', () => {}))
  })
  server.on('tlsClientError', () => {})
  await once(server.listen(0, '127.0.0.1'), 'listening')
  closing.push(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  return { port: (server.address() as AddressInfo).port, connections: () => connections }
}

function open(url: string) {
  const logger = new RecordedLog()
  const link = new RedisLink({ place: readRedisUrl(url), random: SYSTEM_RANDOM, logger })
  closing.push(() => link.close())
  return { link, logger }
}

const told = (lines: RecordedLog) => lines.lines.map(([, , { why }]) => why)

describe('[C27] where no Redis is', () => {
  test.each([
    ['http', 'redis', /^Redis cannot be reached: what answers there speaks HTTP, and is no Redis/],
    ['mail', 'redis', /^Redis cannot be reached: what answers there is no Redis: correct/],
    [
      'tls',
      'redis',
      /^Redis cannot be reached: it closes the connection at once \(does it want TLS/,
    ],
    ['a closed door', 'redis', /^Redis cannot be reached: it closes the connection at once \(/],
    ['http', 'rediss', /^Redis cannot be reached: what answers there speaks no TLS: write redis:/],
    [
      'tls',
      'rediss',
      /its certificate is signed by no trusted CA: give the certificate of the CA with --redis/,
    ],
  ])('but %s, asked as %s, one line says what it looks like', async (name, scheme, why) => {
    const { port, connections } = await serve(name)
    const { link, logger } = open(`${scheme}://127.0.0.1:${port}`)
    // Of the commands and of the subscriber, each of them twice.
    await until('it was tried again', 10_000, () => connections() >= 4)
    await until('it is told', 10_000, () => logger.lines.length > 0)
    expect(told(logger)).toEqual([expect.stringMatching(why)])
    expect(link.trouble).toMatch(why)
  })

  test.each([
    ['redis://127.0.0.1:1', /ECONNREFUSED 127\.0\.0\.1:1 \(nobody listens there: start Redis, or/],
    ['redis://no-such-host.invalid', /no-such-host\.invalid \((there is no host|its name cannot)/],
  ])('but nothing, as at %s, it says what to correct', async (url, why) => {
    const { logger } = open(url)
    await until('it is told', 10_000, () => logger.lines.length > 0)
    expect(told(logger)).toEqual([expect.stringMatching(why)])
  })
})

test('[C29] an outage has a reason and no places in the program, a fault of ours has both', () => {
  const outage = redisFault(new Error('connect ECONNREFUSED'))
  expect([outage.code, outage.stack, (outage.cause as Error).stack]).toEqual([
    ...['storage', undefined, undefined],
  ])
  const ours = redisFault(Object.assign(new Error('ERR no such command'), { name: 'ReplyError' }))
  expect([ours.code, ours.stack]).toEqual(['internal', expect.stringContaining('elsewhere.test')])
})
