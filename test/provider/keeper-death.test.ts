import { describe, expect, test } from 'vitest'
import { MoodyDevice } from '../support/moody-device.ts'
import { insert, read, scene, sceneForEach, settled, type Tab } from '../support/provider-scene.ts'

sceneForEach()

/** Two of them are more than is kept in rows. */
const LONG = 'x'.repeat(300 * 1024)

/** It is told how far the log goes; nothing of its own goes anywhere. */
function tellWhere({ channel }: Tab): void {
  scene.server.tellWhere()
  while (channel.step('down'));
}

/** The next life of a page that is gone without a word. */
async function again(gone: Tab, device: MoodyDevice): Promise<Tab> {
  expect(device.lastAct, 'it died where it was to').toBe(null)
  scene.kill(gone)
  const next = await scene.open(device)
  await scene.run()
  return next
}

describe('[U84] a page that dies while what is kept becomes one', () => {
  test('an edit that is not in a row of its own yet is sent by the next life', async () => {
    const device = new MoodyDevice()
    const [a, b] = [await scene.open(device), await scene.open()]
    insert(b.doc, LONG)
    await scene.run()
    insert(b.doc, LONG)
    device.hang('load')
    await scene.move()
    scene.server.write()
    // What lies there is read now; before that is done it hears of a position, and then writes.
    tellWhere(a)
    insert(a.doc, 'mine')
    await settled()
    device.lastAct = 'standAt'
    device.goOn()
    await settled()
    const next = await again(a, device)
    expect(read(next.doc)).toHaveLength(read(scene.server.doc).length)
  })

  test('an edit that could not be kept for a while as well', async () => {
    const device = new MoodyDevice()
    const [a, b] = [await scene.open(device), await scene.open()]
    insert(b.doc, 'theirs, ')
    await scene.run()
    insert(b.doc, 'more of it, ')
    await scene.move()
    scene.server.write()
    device.full = true
    insert(a.doc, 'mine')
    await settled()
    device.full = false
    device.hang('compact')
    scene.clock.advance(60_000)
    await settled()
    tellWhere(a)
    device.lastAct = 'standAt'
    device.goOn()
    await settled()
    const next = await again(a, device)
    expect(read(next.doc)).toBe(read(scene.server.doc))
  })
})
