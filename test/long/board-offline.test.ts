import { describe, expect } from 'vitest'
import { Artist } from '../browser/artist.ts'
import { withoutChromium } from '../browser/chromium.ts'
import { ownStageTest } from '../support/stage.ts'

/** Resolves when the files of the pages are kept, and this page is served from them. */
const KEPT = `(async () => {
  await navigator.serviceWorker.ready
  if (navigator.serviceWorker.controller !== null) return
  await new Promise((resolve) => navigator.serviceWorker.addEventListener('controllerchange', resolve))
})()`

describe.skipIf(withoutChromium)('a board without its server', () => {
  ownStageTest('[B98] the page opens all the same, of any board', async (stage) => {
    await stage.start()
    const ann = await Artist.arrive(stage, stage.entity(), { serviceWorkers: 'allow' })
    await ann.is('Live')
    await ann.page.evaluate(KEPT)
    // What is not a page of ours goes its own way.
    const health = 'fetch("/healthz").then(({ status }) => status, () => "nobody answers")'
    expect(await ann.page.evaluate(health)).toBe(200)
    await stage.server.kill()
    expect(await ann.page.evaluate(health)).toBe('nobody answers')
    await ann.page.reload()
    await ann.is('Offline')
    await ann.page.goto(`http://127.0.0.1:${stage.port}/b/${stage.entity()}`)
    await ann.is('Offline')
    await ann.page.goto(`http://127.0.0.1:${stage.port}/`)
    await ann.is('Offline')
    await stage.restart('kill')
    await ann.is('Live')
  })
})
