import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { chromium } from 'playwright-core'
import { afterAll, expect, test } from 'vitest'
import { ARGS, executable } from '../browser/chromium.ts'
import { DevicePage } from '../browser/device-page.ts'
import { within } from '../support/deadline.ts'
import { Seeded } from '../support/seeded.ts'

const profile = mkdtempSync(join(tmpdir(), 'tributary-profile-'))
afterAll(() => rmSync(profile, { recursive: true, force: true, maxRetries: 5 }))

/** What a browser that was killed leaves: the next one would look for it, and may wait for ever. */
const SINGLETONS = ['SingletonLock', 'SingletonCookie', 'SingletonSocket']
/** Starting one right after a kill may hang. */
const TRIES = 3

async function launch() {
  for (let left = TRIES; ; left--) {
    try {
      return await launchOnce()
    } catch (error) {
      if (left === 1) throw error
    }
  }
}

/** A browser with a profile that outlives it, in a process group of its own. */
async function launchOnce() {
  for (const name of SINGLETONS) rmSync(join(profile, name), { force: true })
  const browser = spawn(
    executable ?? '',
    [...ARGS, '--remote-debugging-port=0', `--user-data-dir=${profile}`],
    { detached: true, stdio: ['ignore', 'ignore', 'pipe'] },
  )
  const ended = once(browser, 'exit')
  const kill = async () => {
    process.kill(-(browser.pid as number), 'SIGKILL')
    await ended
  }
  const url = new Promise<string>((resolve) => {
    createInterface({ input: browser.stderr }).on('line', (line) => {
      const [, found] = /^DevTools listening on (.+)$/.exec(line) ?? []
      if (found !== undefined) resolve(found)
    })
  })
  try {
    const link = await chromium.connectOverCDP(await within('the browser', 20_000, url), {
      timeout: 15_000,
    })
    return { context: link.contexts()[0] ?? (await link.newContext()), kill }
  } catch (error) {
    await kill()
    throw error
  }
}

test('[U52] what was kept is there after the browser was killed at any moment', async () => {
  const random = new Seeded(4)
  const kept: number[] = []
  for (let round = 0; round < 4; round++) {
    const { context, kill } = await launch()
    try {
      const store = await (await DevicePage.open(context)).store('one')
      const there = (await store.load()).updates.map(([value]) => value)
      expect(there.slice(0, kept.length)).toEqual(kept)
      // What was being kept when the browser was killed may be there too.
      expect(there.length - kept.length).toBeLessThanOrEqual(1)
      kept.splice(0, kept.length, ...(there as number[]))
      const edits = await store.adopt()
      expect(edits.map(({ update }) => update[0])).toEqual(kept)
      for (let left = random.int(3, 20); left > 0; left--) {
        await store.keep(Uint8Array.of(kept.length), 'here')
        kept.push(kept.length)
      }
      void store.keep(Uint8Array.of(kept.length), 'here').catch(() => {})
    } finally {
      await kill()
    }
  }
  expect(kept.length).toBeGreaterThan(9)
}, 180_000)
