// Makes the pictures of the README: starts the built server, has a few people draw on a board in
// real browsers, and takes their screens into docs/pictures.
//
//   npm run pictures -- [folder]
//
// Needs Chromium, as the tests do.

import { mkdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { makeBusy, withVisitors } from './visitors.mjs'

const ROOT = fileURLToPath(new URL('..', import.meta.url))
const FOLDER = resolve(process.argv[2] ?? join(ROOT, 'docs/pictures'))

/** @typedef {import('playwright-core').Page} Page */
/** @typedef {readonly [x: number, y: number]} Point */

/** @type {(page: Page, tool: string, look?: { colour?: string, size?: string, fill?: string }) => Promise<void>} */
async function take(page, tool, look = {}) {
  await page.keyboard.press(tool)
  for (const [part, name] of Object.entries(look)) {
    await page.locator(`#look [data-part=${part}] [aria-label^="${name}" i]`).click()
  }
}

/** @type {(page: Page, points: readonly Point[], lift?: boolean) => Promise<void>} */
async function draw(page, points, lift = true) {
  const [[x, y] = [0, 0], ...rest] = points
  await page.mouse.move(x, y)
  await page.mouse.down()
  for (const [nextX, nextY] of rest) await page.mouse.move(nextX, nextY)
  if (lift) await page.mouse.up()
}

/** @type {(page: Page, at: Point, text: string) => Promise<void>} */
async function write(page, at, text) {
  await page.mouse.click(...at)
  await page.locator('textarea').waitFor()
  await page.keyboard.type(text)
  await page.keyboard.press('Escape')
  await page.keyboard.press('Escape')
}

/** @type {(length: number, at: (part: number) => Point) => Point[]} */
const curve = (length, at) => Array.from({ length }, (_, n) => at(n / (length - 1)))
/** @type {(x: number, y: number, width: number, height: number, crests: number) => Point[]} */
const wiggle = (x, y, width, height, crests) =>
  curve(60, (part) => [x + width * part, y + Math.sin(part * crests * 2 * Math.PI) * height])
/** @type {(x: number, y: number, rx: number, ry: number, turns?: number) => Point[]} */
const loop = (x, y, rx, ry, turns = 1.1) =>
  curve(70, (part) => {
    const angle = -2 + part * turns * 2 * Math.PI
    return [
      x + Math.cos(angle) * rx * (1 + part * 0.05),
      y + Math.sin(angle) * ry * (1 + part * 0.08),
    ]
  })

/** @type {(page: Page, name: string) => Promise<void>} */
const shoot = async (page, name) => {
  await page.screenshot({ path: join(FOLDER, `${name}.png`) })
  console.log(join(FOLDER, `${name}.png`))
}

mkdirSync(FOLDER, { recursive: true })
await withVisitors(async (arrive) => {
  const ann = await arrive({ name: 'Ann', colour: 5 }, 'launch-week')
  const bob = await arrive({ name: 'Bob', colour: 1 }, 'launch-week')
  const cleo = await arrive({ name: 'Cleo', colour: 6 }, 'launch-week')

  await take(ann, 'm', { colour: 'yellow', size: 'large' })
  await draw(ann, wiggle(170, 172, 330, 2, 1))
  await take(ann, 't', { colour: 'ink', size: 'large' })
  await write(ann, [170, 150], 'Launch week')
  /** @type {readonly (readonly [string, number, number, string])[]} */
  const notes = [
    ['yellow', 270, 340, 'Mon\nfreeze the API'],
    ['green', 520, 340, 'Wed\nrehearse'],
    ['violet', 770, 340, 'Fri\nship it!'],
  ]
  for (const [colour, x, y, words] of notes) {
    await take(ann, 'n', { colour })
    await write(ann, [x, y], words)
  }
  await take(bob, 'a', { colour: 'grey', size: 'medium' })
  await draw(bob, [
    [376, 340],
    [400, 340],
    [414, 340],
  ])
  await take(bob, 'a')
  await draw(bob, [
    [626, 340],
    [640, 340],
    [664, 340],
  ])
  await take(bob, 'r', { colour: 'blue', size: 'medium', fill: 'tint' })
  await draw(bob, [
    [940, 180],
    [1000, 240],
    [1120, 270],
  ])
  await take(bob, 't', { colour: 'blue', size: 'small' })
  await write(bob, [975, 226], 'press kit')
  await take(bob, 'o', { colour: 'orange', size: 'medium', fill: 'tint' })
  await draw(bob, [
    [940, 450],
    [1000, 500],
    [1120, 540],
  ])
  await take(bob, 't', { colour: 'orange', size: 'small' })
  await write(bob, [985, 495], 'docs')
  await take(bob, 'a', { colour: 'grey' })
  await draw(bob, [
    [876, 300],
    [900, 280],
    [932, 250],
  ])
  await take(bob, 'a')
  await draw(bob, [
    [876, 400],
    [900, 430],
    [936, 470],
  ])
  await take(cleo, 'p', { colour: 'red', size: 'medium' })
  await draw(cleo, loop(770, 340, 128, 122))
  await take(cleo, 'p', { colour: 'green', size: 'large' })
  await draw(cleo, [
    [480, 500],
    [500, 524],
    [512, 540],
    [530, 512],
    [552, 480],
    [572, 458],
  ])
  await take(cleo, 't', { colour: 'red', size: 'medium' })
  await write(cleo, [640, 560], 'who brings cake?')

  // As it looks while everybody is at it.
  await bob.keyboard.press('v')
  await bob.mouse.click(270, 400)
  await bob.mouse.move(330, 470)
  await take(cleo, 'p', { colour: 'red', size: 'medium' })
  await draw(cleo, wiggle(640, 590, 190, 8, 3), false)
  await ann.keyboard.press('v')
  await ann.mouse.click(1_030, 205)
  await ann.mouse.move(1_180, 640)
  await ann.waitForTimeout(800)
  await shoot(ann, 'light')

  const dan = await arrive({ name: 'Dan', colour: 3 }, 'launch-week', { colorScheme: 'dark' })
  await dan.keyboard.press('v')
  await dan.waitForTimeout(1_500)
  await shoot(dan, 'dark')
  const eve = await arrive({ name: 'Eve', colour: 7 }, 'launch-week', {
    viewport: { width: 390, height: 844 },
    deviceScaleFactor: 2,
    hasTouch: true,
    isMobile: true,
  })
  await eve.waitForTimeout(1_500)
  await shoot(eve, 'phone')

  const fay = await arrive({ name: 'Fay', colour: 4 }, 'busy')
  await makeBusy(fay)
  await fay.keyboard.press('Shift+1')
  for (let n = 0; n < 4; n += 1) await fay.keyboard.press('Control+=')
  await fay.waitForTimeout(12_000)
  await shoot(fay, 'busy')
})
