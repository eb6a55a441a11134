import type { Access } from '../../src/access/access.ts'
import { openAccess } from '../../src/access/open-access.ts'
import { LocalBus } from '../../src/bus/local.ts'
import { People } from '../../src/bus/people.ts'
import type { Random } from '../../src/core/clock.ts'
import type { ErrorCode } from '../../src/core/errors.ts'
import type { EntityRef } from '../../src/core/ids.ts'
import { DEFAULT_LIMITS, DEFAULT_PACES, type Limits } from '../../src/core/limits.ts'
import { checkUpdate } from '../../src/crdt/check.ts'
import type { UpdateScan } from '../../src/crdt/scan.ts'
import { tributaryDoor } from '../../src/dialects/tributary/door.ts'
import type { Conversation, Wire } from '../../src/dialects/wire.ts'
import type { Entity } from '../../src/entity/entity.ts'
import { loadEntity } from '../../src/entity/load-entity.ts'
import { SYSTEM_RANDOM } from '../../src/ops/system.ts'
import type { Frame } from '../../src/wire/frame.ts'
import {
  type ClientMessage,
  TRIBUTARY_PROTOCOL,
  writeClientMessage,
} from '../../src/wire/tributary-client.ts'
import { readServerMessage, type ServerMessage } from '../../src/wire/tributary-server.ts'
import { entityStage } from './entity-stage.ts'
import { RecordedLog } from './recorded-log.ts'
import type { Is, Of } from './tributary-client.ts'

/** A socket that takes what it is told to take, and a client behind it. */
export class FakeSocket implements Wire {
  readonly address = 'here'
  unsent = 0
  /** Whether writes pile up. */
  stalled = false
  said: ServerMessage[] = []
  frames: Frame[] = []
  expected: (number | null)[] = []
  closedWith: ErrorCode | null = null
  conversation: Conversation | null = null
  #waits: Promise<void> | null = null
  #requests = 0

  write(frame: Frame): void {
    if (this.closedWith !== null) return
    const { head, body } = frame
    const at = [126, 127].includes(head[1] as number) ? (head[1] === 126 ? 4 : 10) : 2
    const data = Buffer.concat([head.subarray(at), body ?? new Uint8Array(0)])
    const message = readServerMessage(new Uint8Array(data))
    if (message.is === 'unknown' || message.is === 'malformed') throw new Error(message.is)
    this.said.push(message)
    this.frames.push(frame)
    if (this.stalled) this.unsent += data.length
  }

  expect(bytes: number | null): void {
    this.expected.push(bytes)
  }

  close(code: ErrorCode): void {
    this.closedWith ??= code
    this.conversation?.closed(code === 'draining')
  }

  /** @returns whether the server reads on at once. */
  say(message: ClientMessage): boolean {
    return this.send(writeClientMessage(message))
  }

  send(data: Uint8Array, binary = true): boolean {
    if (this.#waits !== null) throw new Error('nothing is read now')
    const waits = this.conversation?.message(data, binary)
    if (waits === undefined) return true
    this.#waits = waits.then(() => {
      this.#waits = null
    })
    return false
  }

  get isRead(): boolean {
    return this.#waits === null
  }

  open(entity: string, options: { position?: string; stateVector?: Uint8Array } = {}): number {
    const request = ++this.#requests
    const { position = '', stateVector = new Uint8Array(position === '' ? 1 : 0) } = options
    this.say({ is: 'open', request, entity, position, stateVector })
    return request
  }

  drain(): void {
    this.unsent = 0
    this.conversation?.drained()
  }

  all<Kind extends Is>(is: Kind): Of<Kind>[] {
    return this.said.filter((message) => message.is === is) as Of<Kind>[]
  }

  /** The newest of that kind. */
  last<Kind extends Is>(is: Kind): Of<Kind> {
    const found = this.all(is).at(-1)
    if (found === undefined) throw new Error(`no ${is} among ${this.kinds()}`)
    return found
  }

  kinds = (): Is[] => this.said.map(({ is }) => is)
}

/** The door and the core behind it, on memory adapters, with a clock that stands still. */
export function tributaryStage(
  options: {
    limits?: Partial<Limits>
    access?: Access
    checkInThread?: (bytes: Uint8Array) => Promise<UpdateScan>
    random?: Random
    /** Instead of what is in the log. */
    open?: (ref: EntityRef) => Promise<Entity> | null
  } = {},
) {
  const core = entityStage({ limits: options.limits })
  const limits = { ...DEFAULT_LIMITS, ...options.limits }
  const people = new People(new LocalBus('one'))
  const logger = new RecordedLog()
  const entities = new Map<string, Promise<Entity>>()
  const door = tributaryDoor({
    access: options.access ?? openAccess(),
    session: {
      clock: core.clock,
      limits,
      paces: DEFAULT_PACES,
      metrics: core.metrics,
      checkInThread: options.checkInThread ?? (async (bytes) => checkUpdate(bytes)),
    },
    logger,
    random: options.random ?? SYSTEM_RANDOM,
    people,
    tier: () => core.log.tier,
    open: (ref) => {
      const other = options.open?.(ref)
      if (other !== null && other !== undefined) return other
      const known = entities.get(ref.key) ?? loadEntity(core.context, ref)
      entities.set(ref.key, known)
      return known
    },
  })
  const knock = { path: '', token: null, protocols: [TRIBUTARY_PROTOCOL], address: 'here' }
  return {
    ...core,
    door,
    knock,
    people,
    logger,
    /** It is loaded anew when somebody opens it. */
    forget: (id: string) => entities.delete(`default/${id}`),
    entity: (id: string) => entities.get(`default/${id}`) as Promise<Entity>,
    /** A client that has said hello, unless its token is `null`. */
    async connect(token: string | null = ''): Promise<FakeSocket> {
      const socket = new FakeSocket()
      socket.conversation = await door.admit(knock)(socket)
      if (token !== null) socket.say({ is: 'hello', token })
      return socket
    },
    /** A client that has an entity open. */
    async enter(id: string, token = '', how: Parameters<FakeSocket['open']>[1] = {}) {
      const socket = await this.connect(token)
      socket.open(id, how)
      await core.settle()
      const { channel } = socket.last('opened')
      return { socket, channel }
    },
  }
}
