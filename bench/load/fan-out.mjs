import { setTimeout as sleep, setImmediate as turn } from 'node:timers/promises'
import { Reader } from './bytes.mjs'
import { now } from './clock.mjs'
import { DIALECTS, MARKER, marker, nothingNew, STEP1, STEP2, UPDATE } from './dialects.mjs'
import { Histogram } from './histogram.mjs'
import { LogWriter } from './log-writer.mjs'
import { Socket } from './socket.mjs'
import { FIRST_WRITER, FRESH, keystroke } from './updates.mjs'
import { walkUpdate } from './walk-update.mjs'

/** Handshakes under way at a time: a listen queue is 511 long. */
const AT_ONCE = 64

/**
 * @typedef {object} Shape
 * @property {number} entities
 * @property {number} writers On each entity.
 * @property {number} readers On each entity, beside the writers.
 * @property {boolean} writersRead Whether what writers get from one another counts as delivered.
 * @property {number} rate Updates per second, all writers together.
 * @property {string} [prefix] Of the entities' names.
 * @property {number} [size] Of an update's content, in bytes; 1 by default.
 * @property {boolean} [isApart] Of several nodes: whether who writes is on the first and who reads on
 *   the last. Else the clients of an entity are spread over all.
 * @property {number} [read] How many of the entities have readers, spread over all of them; all by default.
 * @property {number} [firstWriter] The lowest client id. What others have written is passed over then.
 * @property {import('./log-writer.mjs').Place} [log] Who writes appends here, as another node does,
 *   instead of through a socket.
 * @property {boolean} [asksAcks] Whether each update is followed by a marker, which comes back when
 *   it is durable.
 * @property {number} [wordEvery] In ms. So often each client says that it is still there, as clients
 *   with a presence do, evenly over all of them; never by default.
 * @property {number} [warmUp] In ms, before the window of what is measured begins; 15,000 by default.
 */
/**
 * @typedef {object} Plan
 * @property {number} start On the clock that all processes share.
 * @property {number} warmUp In ms.
 * @property {number} length Of what is measured, in ms.
 * @property {number} drain How long to wait behind it for what is still under way, in ms.
 */
/**
 * One connection.
 *
 * @typedef {object} Client
 * @property {Socket} socket
 * @property {number} entity
 * @property {number} own Its number among the writers of the entity, or -1.
 * @property {boolean} isSynced
 * @property {Int32Array | null} seen Per writer of the entity: the next clock to come. Null: not counted.
 */

/**
 * Writers that type on a schedule, and readers that say when each keystroke came.
 *
 * Keystroke n of the run belongs to writer n modulo all writers, is the next clock of that writer,
 * and is due at `start` + n / rate. So whoever sees a clock knows when it was due, in any process,
 * whether it came alone or merged with others, and a keystroke that was sent late counts as late.
 *
 * While it runs it never sleeps. So keystrokes go out when they are due, not when a timer finds the
 * time; and no server pays for waking its readers, which would cost it the more the slower it is.
 */
export class FanOut {
  #doors
  #shape
  #first
  /** @type {LogWriter | null} */
  #log = null
  #share
  #dialect
  #answers
  /** @type {Client[]} */
  #clients = []
  /** @type {Map<number, Client>} */
  #writers = new Map()
  #reader = new Reader()
  /** @type {Plan} */
  #plan = { start: 0, warmUp: 0, length: 0, drain: 0 }
  #latency = new Histogram()
  #lateness = new Histogram()
  /** Of markers, from when the update before them was due. */
  #acks = new Histogram()
  #unacked = 0
  #delivered = 0
  #left = 0
  #gaps = 0
  /** Sends and messages so far. */
  #worked = 0
  /** When the last turn of the loop ended, and for how long there was nothing to do. */
  #turned = 0
  #free = 0
  /** @type {Set<string>} */
  #trouble = new Set()
  /** @type {Client | null} Whose message is being read. */
  #current = null
  #time = 0

  /**
   * @param {import('./process.mjs').Door[]} doors Of the nodes, which are all of one kind.
   * @param {Shape} shape
   * @param {{ index: number, of: number }} share Of the connections, this process's part.
   */
  constructor(doors, shape, share) {
    const [door] = doors
    if (door === undefined) throw new Error('there is no door')
    this.#doors = doors
    this.#shape = shape
    this.#share = share
    this.#first = shape.firstWriter ?? FIRST_WRITER
    this.#answers = door.answers
    this.#dialect = /** @type {import('./dialects.mjs').Dialect} */ (DIALECTS[door.dialect])
  }

  /** Resolves when every connection is open and the server has brought it up to date. */
  async open() {
    const { entities, writers, readers, read = entities, log } = this.#shape
    if (log !== undefined) {
      this.#log = await LogWriter.open(log, (reason) => this.#trouble.add(reason))
    }
    const every = Math.ceil(entities / read)
    const perEntity = writers + readers
    for (let index = this.#share.index; index < entities * perEntity; index += this.#share.of) {
      const entity = Math.floor(index / perEntity)
      const place = index % perEntity
      const isWriter = place < writers
      if (isWriter ? log !== undefined : entity % every !== 0) continue
      this.#connect(entity, isWriter ? place : -1, this.#door(place, isWriter))
      await this.#ready(AT_ONCE)
    }
    await this.#ready(1)
    return this.#clients.length
  }

  /** @param {number} place Among the clients of its entity. @param {boolean} isWriter */
  #door(place, isWriter) {
    const index = this.#shape.isApart ? (isWriter ? 0 : -1) : place % this.#doors.length
    return /** @type {import('./process.mjs').Door} */ (this.#doors.at(index))
  }

  /** @param {number} below Until fewer than this many are not synced yet. */
  async #ready(below) {
    const until = now() + 30_000
    while (this.#clients.filter((client) => !client.isSynced).length >= below) {
      if (this.#trouble.size > 0) throw new Error([...this.#trouble].join('; '))
      if (now() > until) throw new Error('connections were not synced within 30 s')
      await sleep(1)
    }
  }

  /** @param {number} entity */
  #name(entity) {
    return `${this.#shape.prefix ?? 'bench'}-${entity}`
  }

  /** @param {number} entity @param {number} own @param {import('./process.mjs').Door} door */
  #connect(entity, own, door) {
    const { writers, writersRead } = this.#shape
    const name = this.#name(entity)
    const dialect = this.#dialect
    const socket = new Socket(door.port, door.prefix + dialect.path(name) + door.query, {
      opened: () => {
        for (const message of dialect.greeting(name)) socket.send(message)
        socket.send(dialect.sync(name, STEP1, FRESH))
        if (!this.#answers) client.isSynced = true
      },
      message: (bytes, from, to) => this.#message(client, name, bytes, from, to),
      closed: (reason) => this.#trouble.add(reason),
    })
    /** @type {Client} */
    const client = {
      socket,
      entity,
      own,
      isSynced: false,
      seen: own < 0 || writersRead ? new Int32Array(writers) : null,
    }
    this.#clients.push(client)
    if (own >= 0) this.#writers.set(entity + own * this.#shape.entities, client)
  }

  /** @param {Client} client @param {string} name @param {Uint8Array} bytes @param {number} from @param {number} to */
  #message(client, name, bytes, from, to) {
    this.#worked++
    // Hocuspocus' own ping; a y-websocket message is never one byte long.
    if (to - from === 1) return client.socket.send(Uint8Array.of(10))
    const reader = this.#reader.from(bytes, from)
    if (this.#shape.asksAcks && bytes[from] === MARKER) return this.#acked(reader)
    const kind = this.#dialect.read(reader)
    if (kind === STEP2) client.isSynced = true
    else if (kind === STEP1 && this.#answers) client.socket.send(nothingNew(this.#dialect, name))
    if ((kind !== STEP2 && kind !== UPDATE) || client.seen === null) return
    this.#current = client
    this.#time = now()
    walkUpdate(reader, this.#see)
  }

  /** @param {Reader} reader */
  #acked(reader) {
    reader.byte()
    reader.number()
    const { start, warmUp } = this.#plan
    const due = start + (reader.number() * 1_000) / this.#shape.rate
    this.#unacked--
    if (due >= start + warmUp) this.#acks.add(now() - due)
  }

  /** @type {(client: number, from: number, to: number) => void} */
  #see = (id, from, to) => {
    const { entities, writers, rate, firstWriter } = this.#shape
    const client = /** @type {Client} */ (this.#current)
    const seen = /** @type {Int32Array} */ (client.seen)
    const writer = id - this.#first
    if (firstWriter !== undefined && (writer < 0 || writer >= entities * writers)) return
    const own = Math.floor(writer / entities)
    if (writer % entities !== client.entity || own >= writers) {
      this.#trouble.add(`an update of client ${id} came to a reader of entity ${client.entity}`)
      return
    }
    const next = /** @type {number} */ (seen[own])
    if (own === client.own || to <= next) return
    if (from > next) this.#gaps += from - next
    seen[own] = to
    this.#left -= to - next
    const { start, warmUp, length } = this.#plan
    const begin = start + warmUp
    const end = begin + length
    for (let clock = Math.max(from, next); clock < to; clock++) {
      const due = start + ((clock * entities * writers + writer) * 1_000) / rate
      if (due >= begin && due < end) this.#latency.add(this.#time - due)
      if (this.#time >= begin && this.#time < end) this.#delivered++
    }
  }

  /** @param {Plan} plan */
  async run(plan) {
    this.#plan = plan
    const { start, warmUp, length, drain } = plan
    const total = Math.round((this.#shape.rate * (warmUp + length)) / 1_000)
    this.#left = this.#expected(total)
    const until = start + warmUp + length + drain
    let next = 0
    let words = 0
    while (next < total || (this.#left + this.#unacked > 0 && now() < until)) {
      const before = this.#worked
      next = this.#type(next, total)
      words = this.#speak(words)
      await turn()
      this.#account(this.#worked > before)
    }
    this.#countMissing(total)
    return {
      latency: this.#latency.pack(),
      lateness: this.#lateness.pack(),
      acks: this.#acks.pack(),
      unacked: this.#unacked,
      delivered: this.#delivered,
      lost: this.#left + this.#gaps,
      load: 1 - this.#free / length,
      trouble: [...this.#trouble],
    }
  }

  /**
   * Sends what is due.
   *
   * @param {number} first Of the keystrokes not yet sent.
   * @param {number} total
   * @returns {number} The first one that is not due yet.
   */
  #type(first, total) {
    const { entities, writers, rate, size, asksAcks } = this.#shape
    const { start, warmUp } = this.#plan
    const all = entities * writers
    const time = now()
    let next = first
    for (; next < total; next++) {
      const due = start + (next * 1_000) / rate
      if (due > time) break
      const writer = next % all
      const client = this.#writers.get(writer)
      if (client === undefined && this.#log === null) continue
      const update = keystroke(this.#first + writer, Math.floor(next / all), size)
      if (client === undefined) this.#log?.append(this.#name(writer % entities), update)
      else client.socket.send(this.#dialect.sync(this.#name(client.entity), UPDATE, update))
      if (asksAcks && client !== undefined) {
        client.socket.send(marker(next))
        this.#unacked++
      }
      if (due >= start + warmUp) this.#lateness.add(time - due)
      this.#worked++
    }
    return next
  }

  /** Has clients say that they are still there. @param {number} spoken So many have. */
  #speak(spoken) {
    const { wordEvery } = this.#shape
    if (wordEvery === undefined) return spoken
    const due = ((now() - this.#plan.start) * this.#clients.length) / wordEvery
    let next = spoken
    for (; next < due; next++) {
      const client = this.#clients[next % this.#clients.length]
      client?.socket.send(this.#dialect.word(this.#name(client.entity)))
      this.#worked++
    }
    return next
  }

  /** A turn of the loop without work was free. @param {boolean} hasWorked */
  #account(hasWorked) {
    const { start, warmUp, length } = this.#plan
    const time = now()
    if (!hasWorked && time >= start + warmUp && time < start + warmUp + length) {
      this.#free += time - this.#turned
    }
    this.#turned = time
  }

  /** @param {number} total @param {number} writer How many of the keystrokes are this writer's. */
  #clocks(total, writer) {
    return Math.max(0, Math.ceil((total - writer) / (this.#shape.entities * this.#shape.writers)))
  }

  /** @param {number} total What the readers of this process have to get. */
  #expected(total) {
    let sum = 0
    this.#eachStream((client, own) => {
      sum += this.#clocks(total, client.entity + own * this.#shape.entities)
    })
    return sum
  }

  /** What has not come in time is as late as it can be said to be: leaving it out would flatter. @param {number} total */
  #countMissing(total) {
    const { entities, writers, rate } = this.#shape
    const { start, warmUp } = this.#plan
    const time = now()
    this.#eachStream((client, own) => {
      const writer = client.entity + own * entities
      const seen = /** @type {Int32Array} */ (client.seen)
      const end = this.#clocks(total, writer)
      for (let clock = /** @type {number} */ (seen[own]); clock < end; clock++) {
        const due = start + ((clock * entities * writers + writer) * 1_000) / rate
        if (due >= start + warmUp) this.#latency.add(time - due)
      }
    })
  }

  /** @param {(client: Client, own: number) => void} visit Each writer that a reader listens to. */
  #eachStream(visit) {
    for (const client of this.#clients) {
      for (let own = 0; client.seen !== null && own < client.seen.length; own++) {
        if (own !== client.own) visit(client, own)
      }
    }
  }

  async close() {
    for (const client of this.#clients) client.socket.destroy()
    await this.#log?.close()
  }
}
