import { Reader, Writer } from './bytes.mjs'
import { Socket } from './socket.mjs'

const PATH = '/connect'
const PROTOCOL = 'tributary.v1'
// What a client says.
const HELLO = 1
const OPEN = 2
// What the server says.
const OPENED = 2
const UPDATE = 5
const SYNCED = 6
const AT = 12
/** Welcome, what a newcomer gets in parts, who else is there. */
const PASSED_OVER = [1, 7, 8]
/** In `opened`: what came after the position follows, and nothing else. */
const REST = 1

/** @typedef {{ follows: number, updateBytes: number, wireBytes: number, position: string }} Return */

/**
 * A client of our own dialect that comes with the position it was told when it left, takes what it
 * lacks, and leaves again when it was told where it is now. An empty position is a newcomer's.
 *
 * @param {number} port
 * @param {string} entity
 * @param {string} position
 * @returns {Promise<Return>} `wireBytes` are those of the socket in both directions, the upgrade
 *   included.
 * @throws {Error} When the server refuses, says what it must not, or takes longer than 30 s.
 */
export function comeBackTo(port, entity, position) {
  return new Promise((resolve, reject) => {
    const reader = new Reader()
    let follows = -1
    let updateBytes = 0
    let isSynced = false
    const timer = setTimeout(() => end(new Error('a client that came back is out of time')), 30_000)
    const socket = new Socket(
      port,
      PATH,
      {
        opened: () => {
          socket.send(Uint8Array.of(HELLO, 0))
          socket.send(open(entity, position))
        },
        message: (bytes, from, to) => {
          reader.from(bytes, from)
          const type = reader.byte()
          if (type === OPENED) {
            // Request, channel, rights.
            reader.passNumbers(3)
            follows = reader.number()
          } else if (type === UPDATE || type === SYNCED) {
            reader.number()
            updateBytes += to - reader.at
            isSynced ||= type === SYNCED
          } else if (type === AT && isSynced) {
            // Channel, tier.
            reader.passNumbers(2)
            end({ follows, updateBytes, wireBytes: 0, position: reader.text() })
          } else if (type !== AT && !PASSED_OVER.includes(type)) {
            end(new Error(`a client that came back was told ${type}`))
          }
        },
        closed: (reason) => end(new Error(`a client that came back: ${reason}`)),
      },
      { protocol: PROTOCOL },
    )

    /** @param {Error | Return} outcome */
    function end(outcome) {
      clearTimeout(timer)
      if (outcome instanceof Error) {
        socket.destroy()
        return reject(outcome)
      }
      socket.close()
      resolve({ ...outcome, wireBytes: socket.read + socket.written })
    }
  })
}

/** What `follows` is when only what was written after the position comes. @param {Return} of */
export function isRest({ follows }) {
  return follows === REST
}

/** @param {string} entity @param {string} position */
function open(entity, position) {
  const writer = new Writer(entity.length + position.length + 16)
  writer.number(OPEN)
  writer.number(1)
  writer.text(entity)
  writer.text(position)
  // Nobody's state vector: a client that has a position has all that is before it.
  if (position === '') writer.bytes(Uint8Array.of(0))
  else writer.number(0)
  return writer.done()
}
