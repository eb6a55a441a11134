import * as Y from 'yjs'
import type { ChannelOwner } from '../../client/provider/channel.ts'
import { EntityCopy } from '../../client/provider/handle/entity-copy.ts'
import type { Handle, HandleEvents } from '../../client/provider/handle/handle.ts'
import { equalityFaults } from './checker.ts'
import { ManualClock } from './manual-clock.ts'
import { settled } from './provider-scene.ts'
import { type SimChannel, SimServer } from './provider-sim.ts'
import { Seeded } from './seeded.ts'
import { Profile, TabDevice } from './tab-device.ts'

const EVENTS = ['status', 'synced', 'sync', 'saved', 'rejected', 'lost', 'restored'] as const
const ASKS = ['open', 'load', 'keep', 'acknowledged', 'standAt', 'compact', 'setAside'] as const
const FORBIDDEN = { neutered: false, code: 'forbidden', reason: 'may not', again: null }
const FULL = { neutered: false, code: 'pending-full', reason: 'full', again: 500 }

/** One handle in one page of a browser. */
interface Tab {
  readonly handle: Handle
  readonly doc: Y.Doc
  readonly device: TabDevice
  readonly browser: Browser
  readonly timers: Set<() => void>
  /** The one that it has now; none while it is disconnected. */
  channel: SimChannel | null
  /** What is this handle's to send, or was. */
  readonly owes: Set<string>
  ended: Promise<void> | null
}

class Browser {
  readonly profile = new Profile()
  /** What pages that are gone were told is kept. */
  readonly kept = new Set<string>()
}

const textOf = (doc: Y.Doc): string[] => doc.getArray<string>('marks').toArray()

/** Some browsers with some tabs each, whatever may happen to them, and one server. */
class TabsRun {
  readonly faults: string[] = []
  readonly #random: Seeded
  readonly #clock = new ManualClock()
  readonly #server = new SimServer()
  readonly #browsers = [new Browser(), new Browser()]
  readonly #tabs: Tab[] = []
  /** Marks that somebody has tried to remove: they may be there or not. */
  readonly #removed = new Set<string>()
  readonly #written = new Set<string>()
  readonly #saved = new Set<string>()
  readonly #ends: Promise<unknown>[] = []
  #skew = 0
  #isCalm = false

  /** What is set aside, and no device keeps, is lost with its page: never both in one life. */
  readonly #devicesFail: boolean

  constructor(seed: number) {
    this.#random = new Seeded(seed)
    this.#devicesFail = this.#random.chance(0.6)
  }

  get saved(): number {
    return this.#saved.size
  }

  async #open(browser: Browser, from?: Tab): Promise<void> {
    const { doc, device } = from ?? { doc: new Y.Doc(), device: new TabDevice(browser.profile) }
    const timers = new Set<() => void>()
    const tab: { -readonly [Name in keyof Tab]?: Tab[Name] } = {
      ...{ doc, device, browser, timers },
      ...{ channel: null, owes: new Set(textOf(doc)), ended: null },
    }
    const around = {
      wall: () => this.#clock.wall() + this.#skew,
      after: (ms: number, fn: () => void) => {
        const fire = () => {
          timers.delete(cancel)
          // Of a page that stands still a timer goes off when it goes on.
          if (device.isFrozen) around.after(1, fn)
          else fn()
        }
        const stop = this.#clock.after(ms, fire)
        const cancel = () => {
          timers.delete(cancel)
          stop()
        }
        timers.add(cancel)
        return cancel
      },
      guard: () => {},
    }
    const link = {
      open: (entity: string, owner: ChannelOwner) => {
        const channel = this.#server.open(entity, owner)
        tab.channel = channel
        return channel
      },
      renew: () => {},
    }
    const parts = { link, device, name: 'here', around }
    tab.handle = new EntityCopy('a', parts, { doc }).handle
    this.#tabs.push(tab as Tab)
    this.#interfere(tab as Tab)
    if (this.#random.chance(0.8)) await settled()
  }

  /** Whoever listens may do anything. */
  #interfere(tab: Tab): void {
    for (const event of EVENTS) {
      tab.handle.on(event as keyof HandleEvents, () => {
        if (this.#isCalm) return
        const roll = this.#random.next()
        if (roll < 0.003) this.#end(tab)
        else if (roll < 0.006) this.#cut(tab)
        else if (roll < 0.009) tab.handle.connect()
        else if (roll < 0.012) this.#write(tab)
      })
    }
  }

  #write(tab: Tab): void {
    const list = tab.doc.getArray<string>('marks')
    if (list.length > 0 && this.#random.chance(0.15)) {
      const at = this.#random.int(0, list.length - 1)
      this.#removed.add(list.get(at))
      list.delete(at)
      return
    }
    const mark = `m${this.#written.size}`
    this.#written.add(mark)
    for (const other of this.#tabs) {
      if (other.doc === tab.doc && other.ended === null) other.owes.add(mark)
    }
    list.insert(this.#random.int(0, list.length), [mark])
    void tab.handle.saved().then(
      () => this.#saved.add(mark),
      ({ code, message }) => {
        if (!['destroyed', 'forbidden'].includes(code)) this.faults.push(`saved(): ${message}`)
      },
    )
  }

  #cut(tab: Tab): void {
    tab.channel = null
    tab.handle.disconnect()
  }

  /** What a page that goes was told of what it wrote. */
  #promise(tab: Tab): void {
    const { save, storageTrouble } = tab.handle.status
    const isKept = save.is === 'saved' || (save.is === 'local' && save.device)
    if (!isKept || storageTrouble !== null || !tab.device.isAware) return
    for (const mark of [...tab.owes, ...tab.device.adopted]) tab.browser.kept.add(mark)
  }

  /** Who is told to stay until all is saved does. What is lost otherwise others may have built on. */
  #mayGo({ browser, device }: Tab): boolean {
    if (browser.profile.life === 0) return true
    const page = this.#tabs.filter((one) => one.device === device)
    return device.isAware && page.every(({ handle }) => handle.status.storageTrouble === null)
  }

  #end(tab: Tab): void {
    if (tab.ended !== null) return
    if (!this.#isCalm && !this.#mayGo(tab)) return
    // Nobody looks at a page that stands still; it goes on when it is ended.
    tab.device.thaw()
    tab.device.fails = () => false
    const wasWell = tab.handle.status.storageTrouble === null
    const owes = [...tab.owes, ...tab.device.adopted]
    const { isAware } = tab.device
    const { life } = tab.browser.profile
    tab.ended = tab.handle.destroy().then(() => {
      const isWell = wasWell && tab.handle.status.storageTrouble === null
      if (!isWell || !isAware || life !== tab.browser.profile.life) return
      for (const mark of owes) tab.browser.kept.add(mark)
    })
    this.#ends.push(tab.ended)
    this.#forget(tab)
  }

  /** The page is gone, with all handles in it. */
  #kill(tab: Tab): void {
    if (!this.#mayGo(tab)) return
    const page = this.#tabs.filter(({ device }) => device === tab.device)
    for (const one of page) this.#promise(one)
    for (const one of page) {
      this.#forget(one)
      for (const cancel of one.timers) cancel()
      if (one.channel !== null) this.#server.channels.delete(one.channel)
    }
    tab.device.die()
  }

  #forget(tab: Tab): void {
    if (this.#tabs.includes(tab)) this.#tabs.splice(this.#tabs.indexOf(tab), 1)
  }

  #clear(browser: Browser): void {
    browser.profile.clear()
    browser.kept.clear()
  }

  #rights(may: 'read' | 'write'): void {
    this.#server.may = may
    this.#server.nack = may === 'read' ? () => FORBIDDEN : null
    for (const channel of this.#server.channels) {
      const isAsked = channel.isOpen || channel.down.length > 0
      if (isAsked) channel.tell({ is: 'rights', channel: 1, may, expires: null })
    }
  }

  async step(): Promise<void> {
    const random = this.#random
    while (this.#tabs.length === 0) await this.#open(random.pick(this.#browsers))
    const tab = random.pick(this.#tabs)
    const { device, channel } = tab
    const roll = random.next()
    if (device.isFrozen) {
      if (random.chance(0.1)) device.thaw()
      else if (random.chance(0.03)) this.#kill(tab)
    } else if (roll < 0.3) this.#write(tab)
    else if (roll < 0.6) this.#carry(channel)
    else if (roll < 0.67) this.#server.write()
    else if (roll < 0.72) this.#server.tellWhere()
    else if (roll < 0.75) channel?.cut()
    else if (roll < 0.77) this.#server.crash()
    else if (roll < 0.78) this.#server.compact()
    else if (roll < 0.79) {
      if (!this.#devicesFail) this.#rights(random.pick(['read', 'write', 'write']))
    } else if (roll < 0.8) this.#server.nack = this.#server.nack === null ? () => FULL : null
    else if (roll < 0.83 && this.#tabs.length < 6) {
      // A second handle for a document that has one, or another page.
      if (random.chance(0.1)) await this.#open(tab.browser, tab)
      else await this.#open(random.pick(this.#browsers))
    } else if (roll < 0.85) this.#end(tab)
    else if (roll < 0.87) this.#kill(tab)
    else if (roll < 0.89) this.#cut(tab)
    else if (roll < 0.92) tab.handle.connect()
    else if (roll < 0.935) device.freeze()
    else if (roll < 0.95) {
      if (this.#devicesFail) this.#fail(device)
    } else if (roll < 0.962) {
      if (this.#devicesFail) this.#clear(tab.browser)
    } else if (roll < 0.966) this.#skew = random.int(-1e8, 1e8)
    else this.#clock.advance(random.int(1, 5_000))
    if (random.chance(0.6)) await settled()
    if (random.chance(0.05)) await this.#look()
  }

  #carry(channel: SimChannel | null): void {
    channel?.connect()
    for (let some = this.#random.int(1, 5); some > 0; some--) {
      channel?.step(this.#random.chance(0.5) ? 'up' : 'down')
    }
  }

  #fail(device: TabDevice): void {
    const act = this.#random.pick(ASKS)
    const roll = this.#random.next()
    if (roll < 0.5) device.fails = () => false
    else if (roll < 0.7) device.fails = () => true
    else if (roll < 0.85) device.fails = (asked) => asked === act
    else device.fails = () => this.#random.chance(0.3)
  }

  /** Who says that all is saved. */
  async #look(): Promise<void> {
    await settled()
    const there = new Set(textOf(this.#server.doc))
    for (const tab of this.#tabs) {
      const { save, storageTrouble } = tab.handle.status
      // In trouble a tab takes over nothing of others, and says so.
      if (save.is !== 'saved' || storageTrouble !== null || tab.device.isFrozen) continue
      const isAlone = this.#tabs.every((one) => one === tab || one.browser !== tab.browser)
      const all = [...tab.owes, ...tab.device.adopted, ...(isAlone ? tab.browser.kept : [])]
      const mine = all.filter((mark) => textOf(tab.doc).includes(mark))
      for (const mark of mine) {
        if (!there.has(mark) && !this.#removed.has(mark))
          this.faults.push(`${mark} is called saved`)
      }
    }
  }

  /** Everything works again, and whoever may come comes. */
  async calm(): Promise<void> {
    this.#isCalm = true
    for (const { device } of this.#tabs) {
      device.thaw()
      device.fails = () => false
    }
    this.#rights('write')
    await settled()
    for (const browser of this.#browsers) await this.#open(browser)
    for (let some = 0; some < 4; some++) {
      for (const { handle, channel } of this.#tabs) {
        // A server gives up a question that nobody answers; and what others wrote is offered at the next opening.
        channel?.cut()
        handle.connect()
      }
      await this.#flow()
      this.#clock.advance(61_000)
      await settled()
    }
    await this.#flow()
  }

  /** Until nothing moves. */
  async #flow(): Promise<void> {
    for (let moved = true, rounds = 0; moved; rounds++) {
      if (rounds > 300) throw new Error('it never ends')
      await settled()
      moved = false
      for (const channel of [...this.#server.channels]) {
        channel.connect()
        for (const way of ['up', 'down'] as const) while (channel.step(way)) moved = true
      }
      this.#server.write()
      this.#server.tellWhere()
    }
  }

  async judge(): Promise<void> {
    const { doc } = this.#server
    const there = textOf(doc)
    const replicas = this.#tabs.map((tab, index) => ({ name: `tab ${index}`, doc: tab.doc }))
    this.faults.push(...equalityFaults([{ name: 'the log', doc }, ...replicas]))
    if (new Set(there).size < there.length) this.faults.push('something is there twice')
    const lost = (marks: Iterable<string>, what: string) => {
      for (const mark of marks) {
        if (!there.includes(mark) && !this.#removed.has(mark)) this.faults.push(`${mark} ${what}`)
      }
    }
    lost(this.#saved, 'was saved, and is lost')
    for (const { kept } of this.#browsers) lost(kept, 'was kept, and never came')
    for (const { owes, handle } of this.#tabs) {
      lost(owes, 'was written, and never came')
      const { save, pending, storageTrouble } = handle.status
      if (save.is !== 'saved') this.faults.push(`${pending} are ${JSON.stringify(save)} at the end`)
      if (storageTrouble !== null) this.faults.push(`trouble to the end: ${storageTrouble}`)
    }
    for (const tab of [...this.#tabs]) this.#end(tab)
    await Promise.all(this.#ends)
    if (this.#clock.pending > 0) this.faults.push(`${this.#clock.pending} timers are left`)
  }
}

/** @returns how many edits were saved. @throws {Error} with its seed, when it does not end well. */
export async function tabsRun(seed: number, steps = 150): Promise<number> {
  const run = new TabsRun(seed)
  for (let step = 0; step < steps; step++) await run.step()
  await run.calm()
  await run.judge()
  if (run.faults.length > 0) throw new Error(`seed ${seed}: ${[...new Set(run.faults)].join('; ')}`)
  return run.saved
}

/** So many of them, from that seed on. @returns how many edits were saved in all. */
export async function tabsRuns(from: number, runs: number): Promise<number> {
  let saved = 0
  for (let seed = from; seed < from + runs; seed++) saved += await tabsRun(seed)
  return saved
}
