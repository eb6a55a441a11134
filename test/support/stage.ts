import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { Deadline } from './deadline.ts'
import { type Metrics, readMetrics } from './metrics.ts'
import { RawClient, type RawOptions } from './raw-client.ts'
import { type ServerOptions, ServerProcess } from './spawn-server.ts'
import { StockClient, type StockOptions, type StockVersion } from './stock-clients.ts'
import { TcpProxy } from './tcp-proxy.ts'
import { TributaryClient } from './tributary-client.ts'

/** How long a wait of a test may take, in ms: generous, since a loaded machine is no failure. */
export const DEADLINE = 20_000
/** The same where nothing listens and every wait is in vain. */
export const DEAD_DEADLINE = 150
/** Of a test, in ms. Above several waits: the one that was in vain is to say so, not the runner. */
export const TEST_MS = 120_000

/**
 * Everything one test starts, ended with it in reverse order whether it passes or not: clients,
 * proxies, servers of its own, folders.
 */
export class Stage {
  readonly deadline: number
  #port: number
  #server: ServerProcess | null
  readonly #ends: (() => void | Promise<void>)[] = []
  readonly #own = new Set<ServerProcess>()
  readonly #name = `e${process.pid}-${nextStage++}`
  #entities = 0

  /** @param server The one the clients are pointed at; `null` where nothing listens. */
  constructor(server: ServerProcess | null, port: number, deadline: number) {
    this.#server = server
    this.#port = port
    this.deadline = deadline
  }

  /** The y-websocket door of the server. */
  get door(): string {
    return this.doorAt(this.#port)
  }

  doorAt(port: number): string {
    return `ws://127.0.0.1:${port}/sync`
  }

  /** @throws {Deadline} on a dead port: a test that needs the process itself fails there as it must. */
  get server(): ServerProcess {
    if (this.#server === null) throw new Deadline('a server', 0)
    return this.#server
  }

  get port(): number {
    return this.#port
  }

  /** An entity id that no other test uses. */
  entity(): string {
    return `${this.#name}-${this.#entities++}`
  }

  stock(version: StockVersion, id: string, options: StockOptions & { door?: string } = {}) {
    const { door = this.door, ...rest } = options
    const client = new StockClient(version, door, id, { deadline: this.deadline, ...rest })
    this.atEnd(() => client.end())
    return client
  }

  async raw(id: string, options: RawOptions & { door?: string } = {}): Promise<RawClient> {
    const { door = this.door, ...rest } = options
    const client = await RawClient.open(`${door}/${id}`, { deadline: this.deadline, ...rest })
    this.atEnd(() => {
      client.terminate()
      expect(client.unreadable, 'frames that nobody can read').toEqual([])
    })
    return client
  }

  /** A socket at `/connect` that has said hello, unless told otherwise. */
  async connect(
    options: RawOptions & { port?: number; token?: string | null } = {},
  ): Promise<TributaryClient> {
    const { port = this.#port, token = '', ...rest } = options
    const url = `ws://127.0.0.1:${port}/connect`
    const client = await TributaryClient.open(url, { deadline: this.deadline, ...rest })
    this.atEnd(() => {
      client.terminate()
      expect(client.unreadable, 'messages that nobody can read').toEqual([])
    })
    if (token !== null) await client.hello(token)
    return client
  }

  /** @param target The port of the server that clients are pointed at, unless said otherwise. */
  async proxy(target = this.#port): Promise<TcpProxy> {
    const proxy = await TcpProxy.start(target)
    this.atEnd(() => proxy.close())
    return proxy
  }

  /** A data folder of this test's own. */
  folder(): string {
    const folder = mkdtempSync(join(tmpdir(), 'tributary-test-'))
    this.atEnd(() => rmSync(folder, { recursive: true, force: true }))
    return folder
  }

  /** Starts a server of this test's own and points the clients that follow at it. */
  async start(flags: readonly string[] = [], options: Partial<ServerOptions> = {}) {
    const server = await ServerProcess.start({
      data: options.data ?? this.folder(),
      ...options,
      flags,
    })
    this.own(server)
    this.#server = server
    this.#port = portOf(server)
    return server
  }

  /** A server that ends with this test and must not have complained. */
  own(server: ServerProcess): void {
    this.#own.add(server)
    this.atEnd(() => server.kill())
  }

  /** The same server on the same folder and, unless told otherwise, the same port. */
  async restart(
    how: 'stop' | 'kill',
    options: Partial<ServerOptions> = {},
  ): Promise<ServerProcess> {
    const { server } = this
    if (!this.#own.has(server)) throw new TypeError('the shared server is not restarted')
    await server[how]()
    return this.start(server.options.flags, { ...server.options, port: this.#port, ...options })
  }

  metrics(): Promise<Metrics> {
    return readMetrics(this.server.url)
  }

  atEnd(end: () => void | Promise<void>): void {
    this.#ends.push(end)
  }

  async end(): Promise<void> {
    const failures: unknown[] = []
    for (const end of this.#ends.splice(0).reverse()) {
      try {
        await end()
      } catch (error) {
        failures.push(error)
      }
    }
    if (failures.length > 0) throw failures[0]
    for (const server of this.#own) expectClean(server)
  }
}

let nextStage = 0

export const portOf = (server: ServerProcess): number => Number(new URL(server.url).port)

/** [C8] No unhandled rejection, no stack trace, no end that nobody asked for. */
export function expectClean(server: ServerProcess): void {
  expect(server.faults.slice(0, 3), 'what the server wrote').toEqual([])
}

export type Body = (stage: Stage) => Promise<void>

export interface StageOptions {
  /** The test's own server, with these flags; the file's shared one otherwise. */
  readonly flags?: readonly string[]
  /** Of the test, in ms. */
  readonly timeout?: number
  /** Beside the others of its kind: for tests that mostly wait for a time the rules name. */
  readonly concurrent?: boolean
}

/** A test on a running server. */
export function stageTest(title: string, body: Body, options: StageOptions = {}): void {
  const { timeout = TEST_MS, concurrent = false } = options
  test(title, { timeout, concurrent }, async () => {
    const server = options.flags === undefined ? await sharedServer() : null
    const stage = new Stage(server, server === null ? 0 : portOf(server), DEADLINE)
    await perform(stage, async () => {
      if (options.flags !== undefined) await stage.start(options.flags)
      await body(stage)
    })
  })
}

/** A test that starts its own servers: until it does, there is none. */
export function ownStageTest(
  title: string,
  body: Body,
  { timeout = TEST_MS, concurrent = false }: StageOptions = {},
): void {
  test(title, { timeout, concurrent }, () => perform(new Stage(null, 0, DEADLINE), body))
}

/**
 * A test of stock clients, run twice: on a running server, where it must pass, and on a port where
 * nobody answers, where it must run out of time. Stock clients of one process find each other over
 * a BroadcastChannel when they can, and a test that waits for what is true anyway proves nothing.
 */
export function stockTest(title: string, body: Body, options: StageOptions = {}): void {
  stageTest(title, body, options)
  test(`without a server fails: ${title}`, { timeout: 60_000 }, async () => {
    const dead = await deadPort()
    try {
      const stage = new Stage(null, dead.port, DEAD_DEADLINE)
      await expect(perform(stage, body)).rejects.toBeInstanceOf(Deadline)
    } finally {
      dead.close()
    }
  })
}

export async function perform(stage: Stage, body: Body): Promise<void> {
  try {
    await body(stage)
  } catch (error) {
    // What went wrong first is what to tell: what follows from it is not.
    await stage.end().catch(() => {})
    throw error
  }
  await stage.end()
}

let shared: Promise<ServerProcess> | null = null
const sharedFolder = mkdtempSync(join(tmpdir(), 'tributary-test-'))

/** The server that the tests of a file share; each uses entities of its own. */
function sharedServer(): Promise<ServerProcess> {
  shared ??= ServerProcess.start({ data: sharedFolder })
  return shared
}

afterAll(async () => {
  try {
    const server = await shared?.catch(() => null)
    if (server === null || server === undefined) return
    expect(server.exited, 'the shared server has ended by itself').toBe(false)
    expect(await server.stop()).toEqual({ code: 0, signal: null })
    expectClean(server)
  } finally {
    rmSync(sharedFolder, { recursive: true, force: true })
  }
})

/** Held as long as it is used: one that is free now may be another server's in a moment. */
export async function deadPort(): Promise<{ readonly port: number; close(): void }> {
  const server = createServer((socket) => socket.destroy())
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return { port: (server.address() as AddressInfo).port, close: () => server.close() }
}
