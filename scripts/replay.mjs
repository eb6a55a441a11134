// Replays a recorded editing session through the server, with one stock y-websocket 3.1 client per
// author, and compares what everybody ends up with to what the recording ended with.
//
//   npm run replay -- FILE [--url ws://HOST:PORT/sync | --redis redis://HOST:PORT]
//
// FILE is a session of the public collection `editing-traces`, `.json` or `.json.gz`: `txns`, each
// with `patches` of `[position, deleted, inserted]` that count Unicode code points, and in a
// concurrent one with `agent` and `parents`, the transactions it had seen.
//
// How the concurrency of the recording is kept. Every author has two replicas. One belongs to the
// stock client: it takes whatever the server sends, whenever it comes. The other is what the author
// has on the screen: before each transaction exactly those transactions of others are taken over
// into it that the recording says were seen by then, and only after the stock client has received
// them from the server, deletes included. The edit is made there, at its recorded position, and goes
// out through the stock client at once. So both branches of a fork are written without knowledge of
// one another, and are really concurrent for Yjs, although one process plays all authors and follows
// the order of the file.
//
// Where two authors insert at one position, every merge algorithm puts one first. Yjs goes by client
// id, so ids ascend with the numbers of the agents: as those who made the recordings did.
//
// Without --url a server of its own is started on a folder of its own. When everything is confirmed
// as durable (y-sweet's marker, type 102), it is killed with -9, started again on the same folder,
// and a new client must find the recorded text there.
//
// With --redis every author gets a node of his own on that Redis, up to 8 nodes, under a prefix that
// nobody else uses. At the end all of them are killed, and one is started again. What was written
// stays in that Redis.
//
// One line says how it went. Exit code 0: every client ended in the recorded text; 1: not; 2: usage.

import { randomInt } from 'node:crypto'
import { basename } from 'node:path'
import { setImmediate as turn } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { Author } from './replay/author.mjs'
import { OwnServer } from './replay/own-server.mjs'
import { readRecording } from './replay/recording.mjs'

/** Transactions between two looks at the network. */
const STRIDE = 20
/** Nodes at most; further authors share them. */
const NODES = 8

/**
 * @param {import('./replay/recording.mjs').Recording} recording
 * @param {readonly string[]} doors By turns.
 * @param {string} entity
 */
async function replay(recording, doors, entity) {
  const firstId = randomInt(1, 2 ** 31)
  const authors = Array.from({ length: recording.authors }, (_, agent) => {
    const door = /** @type {string} */ (doors[agent % doors.length])
    return new Author(`author ${agent}`, firstId + agent, door, entity)
  })
  try {
    await Promise.all(authors.map((author) => author.joined()))
    for (const [index, transaction] of recording.transactions.entries()) {
      const author = /** @type {Author} */ (authors[transaction.agent])
      for (const [agent, count] of transaction.seen.entries()) {
        if (agent !== transaction.agent)
          await author.see(/** @type {Author} */ (authors[agent]), count)
      }
      author.write(transaction.patches, recording.countsUnits)
      if (index % STRIDE === 0) await turn()
      await author.room()
    }
    for (const author of authors) {
      for (const other of authors) if (other !== author) await author.see(other, other.written)
    }
    await Promise.all(authors.map((author) => author.confirmed()))
    return authors.flatMap((author) => author.faults(recording.endContent))
  } finally {
    for (const author of authors) author.end()
  }
}

/**
 * @param {import('./replay/recording.mjs').Recording} recording
 * @param {string} door
 * @param {string} entity
 */
async function look(recording, door, entity) {
  const late = new Author('a new client', randomInt(1, 2 ** 31), door, entity)
  try {
    await late.joined()
    return late.faults(recording.endContent)
  } finally {
    late.end()
  }
}

/**
 * @param {string} file
 * @param {{ url?: string | undefined, redis?: string | undefined }} where
 */
async function main(file, { url, redis }) {
  const since = performance.now()
  const recording = readRecording(file)
  const entity = `replay-${randomInt(2 ** 47).toString(36)}`
  const place = redis === undefined ? null : { url: redis, prefix: `${entity}:` }
  /** @type {OwnServer[]} */
  const servers = []
  /** @type {string[]} */
  let faults
  try {
    const nodes = place === null ? 1 : Math.min(recording.authors, NODES)
    while (url === undefined && servers.length < nodes) servers.push(await OwnServer.start(place))
    const doors = url === undefined ? servers.map(({ door }) => door) : [url]
    faults = await replay(recording, doors, entity)
    await Promise.all(servers.map((server) => server.kill()))
    await servers[0]?.startAgain()
    faults.push(...(await look(recording, servers[0]?.door ?? url ?? '', entity)))
  } finally {
    await Promise.all(servers.map((server) => server.end()))
  }
  const seconds = ((performance.now() - since) / 1_000).toFixed(1)
  const what =
    `${basename(file)}: ${recording.transactions.length} transactions of ${recording.authors} ` +
    `author(s)${servers.length > 1 ? ` on ${servers.length} nodes` : ''}, ` +
    `${recording.concurrent} of them written without having seen all before; `
  const outcome =
    faults.length === 0
      ? `the recorded text (${[...recording.endContent].length} characters) on every client` +
        `${servers.length === 0 ? '' : ' and, after kill -9,'} and on a new one`.replace(
          ', and',
          ',',
        )
      : faults.join('; ')
  console.log(`${faults.length === 0 ? 'ok' : 'FAILED'} ${what}${outcome} (${seconds} s)`)
  return faults.length === 0 ? 0 : 1
}

try {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { url: { type: 'string' }, redis: { type: 'string' } },
  })
  const [file] = positionals
  const { url, redis } = values
  if (file === undefined || positionals.length > 1 || (url !== undefined && redis !== undefined)) {
    console.error(
      'usage: npm run replay -- FILE [--url ws://HOST:PORT/sync | --redis redis://HOST:PORT]',
    )
    process.exitCode = 2
  } else {
    process.exitCode = await main(file, values)
  }
} catch (error) {
  console.error(`replay: ${error instanceof Error ? error.message : error}`)
  process.exitCode = 1
}
