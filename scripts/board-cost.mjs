// What the whiteboard costs a browser: a board with 5,000 shapes and 20 bots is panned, at 100 % and
// with everything in view, and Chromium's own trace says what the page's main thread did.
//
//   npm run board:cost
//
// CPU time, not wall time: on a busy machine a task may wait for long without doing anything. The
// page is without a GPU here, so painting is in the figures, and the bots' worker has a thread of
// its own, which is not.

import { cpus, loadavg } from 'node:os'
import { makeBusy, withVisitors } from './visitors.mjs'

const MOVES = 240
const PAUSE_MS = 12

/** @typedef {{ name: string, ph: string, pid: number, tid: number, dur?: number, tdur?: number, args: { name?: string } }} TraceEvent */

/** @type {(values: readonly number[], part: number) => number} */
const quantile = (values, part) =>
  [...values].sort((a, b) => a - b)[
    Math.min(values.length - 1, Math.floor(values.length * part))
  ] ?? 0

/** @type {(values: readonly number[]) => number} */
const sum = (values) => values.reduce((total, value) => total + value, 0)

/**
 * The tasks of the busiest main thread while `act` runs, in ms.
 *
 * @param {import('playwright-core').CDPSession} session
 * @param {() => Promise<void>} act
 */
async function traced(session, act) {
  /** @type {TraceEvent[]} */
  const events = []
  session.on('Tracing.dataCollected', ({ value }) => {
    events.push(.../** @type {TraceEvent[]} */ (/** @type {unknown} */ (value)))
  })
  const includedCategories = ['toplevel', 'devtools.timeline', 'cc']
  await session.send('Tracing.start', {
    transferMode: 'ReportEvents',
    traceConfig: { includedCategories },
  })
  await act()
  const complete = new Promise((done) => session.once('Tracing.tracingComplete', done))
  await session.send('Tracing.end')
  await complete
  const threadOf = (/** @type {TraceEvent} */ { pid, tid }) => `${pid}:${tid}`
  const mains = new Set(
    events
      .filter(({ name, args }) => name === 'thread_name' && args.name === 'CrRendererMain')
      .map(threadOf),
  )
  /** @type {Map<string, TraceEvent[]>} */
  const byThread = new Map()
  for (const event of events) {
    if (event.ph !== 'X' || !mains.has(threadOf(event))) continue
    byThread.set(threadOf(event), [...(byThread.get(threadOf(event)) ?? []), event])
  }
  const [busiest = []] = [...byThread.values()].sort((a, b) => b.length - a.length)
  const named = (/** @type {string} */ name) => busiest.filter((event) => event.name === name)
  const [few, many] = [named('RunTask'), named('ThreadControllerImpl::RunTask')]
  const tasks = few.length > 0 ? few : many
  return {
    frames: named('ProxyMain::BeginMainFrame').length,
    cpu: tasks.map(({ tdur = 0 }) => tdur / 1_000),
    wall: tasks.map(({ dur = 0 }) => dur / 1_000),
    frameCpu: named('ProxyMain::BeginMainFrame').map(({ tdur = 0 }) => tdur / 1_000),
  }
}

await withVisitors(async (arrive) => {
  const page = await arrive({ name: 'Ann', colour: 5 }, 'busy')
  await makeBusy(page)
  await page.waitForTimeout(5_000)
  const session = await page.context().newCDPSession(page)
  const pan = async () => {
    await page.mouse.move(640, 400)
    for (let n = 0; n < MOVES; n += 1) {
      const there = n % 60 < 30 ? 1 : -1
      await page.mouse.wheel(13 * there, 7 * there)
      await page.waitForTimeout(PAUSE_MS)
    }
  }
  const [processor] = cpus()
  console.log(`${processor?.model ?? 'unknown'}, ${cpus().length} cores, Node ${process.version}`)
  console.log(
    `load ${loadavg()
      .map((load) => load.toFixed(1))
      .join(' ')}\n`,
  )
  console.log('| view | frames | CPU per frame | p95 | longest task, CPU | longest, wall |')
  console.log('| --- | --- | --- | --- | --- | --- |')
  for (const [view, key] of [
    ['100 %', '0'],
    ['everything in view', 'Shift+1'],
  ]) {
    await page.keyboard.press(key ?? '')
    await page.waitForTimeout(3_000)
    const { frames, cpu, wall, frameCpu } = await traced(session, pan)
    const ms = (/** @type {number} */ value) => `${value.toFixed(1)} ms`
    console.log(
      `| ${view} | ${frames} | ${ms(sum(cpu) / frames)} | ${ms(quantile(frameCpu, 0.95))} | ` +
        `${ms(Math.max(...cpu))} | ${ms(Math.max(...wall))} |`,
    )
  }
  console.log(`\n${(await page.locator('#figures dl').innerText()).replace(/\n/g, ' ')}`)
})
