import * as Y from 'yjs'
import type { Point } from '../geometry/point.ts'
import { openBoard } from '../model/open-board.ts'
import { Bot } from './bot.ts'
import type { FromWorker, ToWorker } from './messages.ts'
import { RawSession } from './raw-session.ts'
import { seed } from './sunflower.ts'

/*
 * The worker of the show-off: everything here happens beside the page, so that what the page is
 * measured at is showing, not making. Bots and seeds speak to the server as sessions of their own.
 */

/** Steps of all bots, in ms: 30 a second. */
const STEP_MS = 33
/** So many shapes at a time, then a pause: neither the server nor a page gets a lump to chew. */
const BATCH = 50
const BATCH_MS = 25
const NAMES = [
  'Ada',
  'Alan',
  'Edsger',
  'Grace',
  'Barbara',
  'Donald',
  'Leslie',
  'Radia',
  'Ken',
  'Lynn',
]

const tell = (news: FromWorker): void => postMessage(news)
const now = (): number => performance.timeOrigin + performance.now()

let bots: Bot[] = []
let stepping: ReturnType<typeof setInterval> | undefined
let chunks: [string, number, number][] = []

addEventListener('message', ({ data }: MessageEvent<ToWorker>) => {
  if (data.ask === 'shapes') addShapes(data.address, data.count, data.around)
  else {
    stop()
    if (data.ask === 'bots') start(data.address, data.count, data.around)
  }
})

function start(address: string, count: number, around: Point): void {
  bots = Array.from({ length: count }, (_, n) => {
    const doc = new Y.Doc()
    const angle = (n / count) * 2 * Math.PI
    const far = 200 + (n % 3) * 150
    const bot = new Bot({
      doc,
      session: new RawSession(address, doc.clientID),
      name: `${NAMES[n % NAMES.length]} (bot ${n + 1})`,
      colour: n % 8,
      home: [around[0] + far * 1.4 * Math.cos(angle), around[1] + far * Math.sin(angle)],
      random: Math.random,
      sent: (id, points) => chunks.push([id, points, now()]),
    })
    return bot
  })
  stepping = setInterval(() => {
    for (const bot of bots) bot.step(now())
    if (chunks.length > 0) tell({ tell: 'sent', chunks })
    chunks = []
  }, STEP_MS)
}

function stop(): void {
  clearInterval(stepping)
  for (const bot of bots) bot.close()
  bots = []
}

function addShapes(address: string, count: number, around: Point): void {
  const doc = new Y.Doc()
  const board = openBoard(doc)
  const session = new RawSession(address, doc.clientID)
  doc.on('update', (update: Uint8Array) => session.update(update))
  let done = 0
  const timer = setInterval(() => {
    if (!session.isOpen) return
    const end = Math.min(count, done + BATCH)
    const shapes = []
    for (; done < end; done += 1) shapes.push(seed(done, around, Math.random))
    board.add(shapes)
    tell({ tell: 'shapes', done, of: count })
    if (done < count) return
    clearInterval(timer)
    board.close()
    doc.destroy()
    session.close()
  }, BATCH_MS)
}
