import { afterEach, beforeEach, expect } from 'vitest'
import * as Y from 'yjs'
import { EntityCopy } from '../../client/provider/handle/entity-copy.ts'
import type { Handle } from '../../client/provider/handle/handle.ts'
import { MemoryDeviceStore } from '../../client/provider/keep/memory.ts'
import type { DeviceStore } from '../../client/provider/store.ts'
import { ManualClock } from './manual-clock.ts'
import { MoodyDevice } from './moody-device.ts'
import { type SimChannel, SimServer } from './provider-sim.ts'

/** Promises that wait for nothing but each other are through. */
export async function settled(): Promise<void> {
  for (let turn = 0; turn < 4; turn++) await new Promise(setImmediate)
}

/** One handle on the simulated server, with a device of its own or one that tabs share. */
export interface Tab {
  readonly handle: Handle
  readonly doc: Y.Doc
  readonly channel: SimChannel
}

/** A simulated server, a clock that a test moves, and handles on it. */
export class ProviderScene {
  readonly clock = new ManualClock()
  readonly server = new SimServer()
  /** What the page was told about leaving it. */
  readonly guards: boolean[] = []
  readonly handles: Handle[] = []
  readonly #timers = new Map<Handle, Set<() => void>>()
  readonly #devices = new Set<DeviceStore | null>()

  /** @param device `null`: nothing is kept. */
  async open(
    device: DeviceStore | null = new MemoryDeviceStore(),
    doc = new Y.Doc(),
  ): Promise<Tab> {
    const timers = new Set<() => void>()
    const around = {
      wall: () => this.clock.wall(),
      after: (ms: number, fn: () => void) => {
        if (!this.handles.includes(handle)) return () => {}
        const cancel = this.clock.after(ms, fn)
        timers.add(cancel)
        return cancel
      },
      guard: (losing: boolean) => void this.guards.push(losing),
    }
    this.#devices.add(device)
    const before = new Set(this.server.channels)
    const parts = { link: this.server, device, name: 'here', around }
    const { handle } = new EntityCopy('a', parts, { doc })
    this.handles.push(handle)
    this.#timers.set(handle, timers)
    await settled()
    const channel = [...this.server.channels].find((one) => !before.has(one)) as SimChannel
    return { handle, doc, channel }
  }

  /** A page that is gone without a word: nothing of it goes anywhere, or happens later. */
  kill({ handle, channel }: Tab): void {
    this.handles.splice(this.handles.indexOf(handle), 1)
    for (const cancel of this.#timers.get(handle) ?? []) cancel()
    this.server.channels.delete(channel)
  }

  /** Everything goes where it goes, and is written, until nothing moves. */
  async run(): Promise<void> {
    while (await this.move()) {
      this.server.write()
      this.server.tellWhere()
    }
  }

  /** Everything goes where it goes; the server writes nothing. @returns whether anything is new. */
  async move(): Promise<boolean> {
    let any = false
    for (let moved = true; moved; any ||= moved) {
      await settled()
      moved = false
      for (const channel of [...this.server.channels]) {
        channel.connect()
        for (const way of ['up', 'down'] as const) while (channel.step(way)) moved = true
      }
    }
    return any
  }

  async end(): Promise<void> {
    // One that hangs in a test that failed would hold up the end, too.
    for (const device of this.#devices) if (device instanceof MoodyDevice) device.goOn()
    for (const handle of this.handles.splice(0)) await handle.destroy()
  }
}

/** That of the test that runs. */
export let scene: ProviderScene

/** Each test of a file has a scene of its own, and leaves nothing of it behind. */
export function sceneForEach(): void {
  beforeEach(() => {
    scene = new ProviderScene()
  })
  afterEach(async () => {
    await scene.end()
    expect(scene.clock.pending, 'timers left').toBe(0)
  })
}

export function insert(doc: Y.Doc, words: string): void {
  doc.getText().insert(doc.getText().length, words)
}

export function read(doc: Y.Doc): string {
  return doc.getText().toString()
}

/** Why a server takes something without its content. */
export const OVER_QUOTA = {
  neutered: true,
  code: 'over-quota',
  reason: 'the entity is full',
  again: null,
}

/** Why a server takes nothing, for so many ms. */
export function noRoom(again: number) {
  return { neutered: false, code: 'pending-full', reason: 'full', again }
}
