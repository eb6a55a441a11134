import * as decoding from 'lib0/decoding'
import * as encoding from 'lib0/encoding'
import type { BotSession } from './bot.ts'

const SYNC = 0
const AWARENESS = 1
const STEP1 = 0
const STEP2 = 1
const UPDATE = 2
/** An update that holds nothing. */
const NOTHING = Uint8Array.of(0, 0)

/**
 * A session that only speaks: the least that a server takes for a y-websocket client.
 *
 * The server begins with the state vector of all it has. It is sent back as our own, so that the
 * server owes us nothing: 20 bots that each load a board of 5,000 shapes would show how slow this
 * tab is, and not the server. What the others do is still sent to every bot, and counted, unread.
 */
export class RawSession implements BotSession {
  readonly #socket: WebSocket
  readonly #client: number
  /** What is said before the server has spoken; `null` from then on. */
  #waiting: { claim: Uint8Array<ArrayBuffer> | null; updates: Uint8Array<ArrayBuffer>[] } | null = {
    claim: null,
    updates: [],
  }
  #clock = 0

  /** @param client The Yjs client id whose presence this is. */
  constructor(address: string, client: number) {
    this.#client = client
    this.#socket = new WebSocket(address)
    this.#socket.binaryType = 'arraybuffer'
    this.#socket.addEventListener('message', this.#heard)
  }

  get isOpen(): boolean {
    return this.#waiting === null && this.#socket.readyState === WebSocket.OPEN
  }

  /** Sent at once; or, before the server has spoken, as soon as it has. */
  update(update: Uint8Array): void {
    const bytes = message(SYNC, UPDATE, update)
    if (this.#waiting === null) this.#say(bytes)
    else this.#waiting.updates.push(bytes)
  }

  presence(state: object | null): void {
    this.#clock += 1
    const body = encoding.encode((to) => {
      encoding.writeVarUint(to, 1)
      encoding.writeVarUint(to, this.#client)
      encoding.writeVarUint(to, this.#clock)
      encoding.writeVarString(to, JSON.stringify(state))
    })
    const bytes = message(AWARENESS, null, body)
    if (this.#waiting === null) this.#say(bytes)
    else this.#waiting.claim = bytes
  }

  /** What was said before still goes out. */
  close(): void {
    this.#socket.close()
  }

  readonly #heard = ({ data }: MessageEvent<ArrayBuffer>): void => {
    if (this.#waiting === null) return
    const from = decoding.createDecoder(new Uint8Array(data))
    if (decoding.readVarUint(from) !== SYNC || decoding.readVarUint(from) !== STEP1) return
    const theirs = decoding.readVarUint8Array(from)
    const { claim, updates } = this.#waiting
    this.#waiting = null
    // The presence directly behind our step1 is what makes this session its owner.
    this.#say(message(SYNC, STEP1, theirs))
    if (claim !== null) this.#say(claim)
    this.#say(message(SYNC, STEP2, NOTHING))
    for (const bytes of updates) this.#say(bytes)
  }

  #say(bytes: Uint8Array<ArrayBuffer>): void {
    if (this.#socket.readyState === WebSocket.OPEN) this.#socket.send(bytes)
  }
}

function message(type: number, kind: number | null, body: Uint8Array): Uint8Array<ArrayBuffer> {
  return encoding.encode((to) => {
    encoding.writeVarUint(to, type)
    if (kind !== null) encoding.writeVarUint(to, kind)
    encoding.writeVarUint8Array(to, body)
  })
}
