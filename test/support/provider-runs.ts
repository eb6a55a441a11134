import type * as Y from 'yjs'
import type { Handle } from '../../client/provider/handle/handle.ts'
import { Checker, equalityFaults } from './checker.ts'
import { MoodyDevice } from './moody-device.ts'
import { noRoom, ProviderScene, settled, type Tab } from './provider-scene.ts'
import { Seeded } from './seeded.ts'

interface RunFound {
  readonly faults: readonly string[]
  readonly written: number
  readonly saved: number
}

const ASKS = ['load', 'keep', 'standAt', 'compact', 'acknowledged'] as const

const marksOf = (doc: Y.Doc): string[] => doc.getArray<string>('marks').toArray()

/**
 * One random life of some people with some tabs each: links break, messages wait, the server dies before
 * it has written, is compacted, loses its disk, has no room; devices fill up, hang, or die with all their
 * tabs; tabs close and are opened again. Held against what was
 * promised and against a plain document of all that is in the log.
 */
async function providerRun(seed: number, steps = 120): Promise<RunFound> {
  const random = new Seeded(seed)
  const scene = new ProviderScene()
  const { server, clock } = scene
  const devices = Array.from({ length: 3 }, () => new MoodyDevice())
  const tabs: { tab: Tab; device: MoodyDevice }[] = []
  const checker = new Checker()
  const faults: string[] = []
  // What a device could not keep is nowhere when the server then loses its disk: never both in one life.
  const devicesFill = random.chance(0.5)
  let marks = 0

  const openTab = async (device: MoodyDevice) => {
    device.goOn()
    tabs.push({ device, tab: await scene.open(device) })
  }
  const promise = (handle: Handle, kept: () => void) =>
    handle.saved().then(kept, (error: Error) => {
      if (!/destroyed/.test(error.message)) faults.push(`saved() failed: ${error.message}`)
    })
  const edit = ({ doc, handle }: Tab) => {
    const list = doc.getArray<string>('marks')
    if (list.length > 0 && random.chance(0.25)) {
      const at = random.int(0, list.length - 1)
      const mark = list.get(at)
      checker.removed(mark)
      list.delete(at)
      void promise(handle, () => checker.removalWasAcked(mark))
      return
    }
    const mark = `m${marks++}`
    checker.wrote('somebody', mark)
    list.insert(random.int(0, list.length), [mark])
    void promise(handle, () => checker.wasAcked(mark))
  }

  for (const device of devices) await openTab(device)
  for (let step = 0; step < steps; step++) {
    const { tab, device } = random.pick(tabs)
    const roll = random.next()
    if (roll < 0.35) edit(tab)
    else if (roll < 0.7) {
      tab.channel.connect()
      for (let some = random.int(1, 5); some > 0; some--) {
        tab.channel.step(random.chance(0.5) ? 'up' : 'down')
      }
    } else if (roll < 0.78) server.write()
    else if (roll < 0.82) server.tellWhere()
    else if (roll < 0.87) tab.channel.cut()
    else if (roll < 0.89) server.crash()
    else if (roll < 0.9) server.compact()
    else if (roll < 0.905) {
      if (!devicesFill) server.loseAll(`0.again${marks}`)
    } else if (roll < 0.925 && tabs.length < 6) await openTab(device)
    else if (roll < 0.935) device.full = devicesFill && !device.full
    else if (roll < 0.945) {
      server.nack = server.nack === null ? () => noRoom(500) : null
    } else if (roll < 0.97) {
      tabs.splice(
        tabs.findIndex((one) => one.tab === tab),
        1,
      )
      device.goOn()
      await tab.handle.destroy()
      if (!tabs.some((other) => other.device === device)) await openTab(device)
    } else if (roll > 0.985 && devicesFill) {
      if (random.chance(0.5)) device.hang(random.pick(ASKS))
      else {
        const dead = tabs.filter((one) => one.device === device)
        for (const one of dead) tabs.splice(tabs.indexOf(one), 1)
        for (const one of dead) scene.kill(one.tab)
        device.die()
        await openTab(device)
      }
    } else clock.advance(random.int(1, 3_000))
    if (random.chance(0.7)) await settled()
  }

  server.nack = null
  for (const device of devices) {
    device.full = false
    device.goOn()
  }
  for (let some = 0; some < 3; some++) {
    await scene.run()
    clock.advance(60_000)
  }
  await scene.run()
  // When nobody writes anything more, nothing but what a client offers by itself brings back what is lost.
  if (random.chance(0.5)) {
    const { tab, device } = random.pick(tabs)
    const isAlone = tabs.filter((other) => other.device === device).length === 1
    edit(tab)
    await scene.move()
    if (isAlone && random.chance(0.5)) {
      // Its author never comes back, and the server had not written it.
      tabs.splice(
        tabs.findIndex((one) => one.tab === tab),
        1,
      )
      tab.channel.cut()
      await tab.handle.destroy()
    }
    if (random.chance(0.3)) for (const other of tabs) other.tab.channel.cut()
    server.crash()
  }
  if (!devicesFill && random.chance(0.3)) server.loseAll(`0.again${marks}`)
  await scene.run()
  const replicas = tabs.map(({ tab }, index) => ({ name: `tab ${index}`, doc: tab.doc }))
  faults.push(...equalityFaults([{ name: 'the log', doc: server.doc }, ...replicas]))
  faults.push(...checker.contentFaults('the log', marksOf(server.doc)))
  for (const { tab } of tabs) {
    const { save, pending } = tab.handle.status
    if (save.is !== 'saved') faults.push(`${pending} are ${save.is} at the end`)
    else await tab.handle.saved()
  }
  await scene.end()
  if (clock.pending > 0) faults.push(`${clock.pending} timers are left`)
  return { faults, written: checker.written, saved: checker.acked }
}

/**
 * So many of them.
 *
 * @returns how much was saved in all.
 * @throws {Error} with its seed, for the first that went wrong.
 */
export async function providerRuns(from: number, runs: number): Promise<number> {
  let saved = 0
  for (let seed = from; seed < from + runs; seed++) {
    const run = await providerRun(seed)
    if (run.faults.length > 0) throw new Error(`seed ${seed}: ${run.faults.join('; ')}`)
    saved += run.saved
  }
  return saved
}
