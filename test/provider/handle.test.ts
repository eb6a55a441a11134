import { afterEach, describe, expect, test } from 'vitest'
import * as Y from 'yjs'
import { EntityCopy } from '../../client/provider/handle/entity-copy.ts'
import type { Handle } from '../../client/provider/handle/handle.ts'
import { MemoryDeviceStore } from '../../client/provider/keep/memory.ts'
import type { DeviceStore } from '../../client/provider/store.ts'
import { ManualClock } from '../support/manual-clock.ts'
import { type SimChannel, SimServer } from '../support/provider-sim.ts'

const settled = async () => {
  for (let turn = 0; turn < 5; turn++) await new Promise(setImmediate)
}

class Scene {
  readonly clock = new ManualClock()
  readonly server = new SimServer()
  readonly guards: boolean[] = []

  async open(device: DeviceStore | null = new MemoryDeviceStore(), doc = new Y.Doc()) {
    const around = {
      wall: () => this.clock.wall(),
      after: (ms: number, fn: () => void) => this.clock.after(ms, fn),
      guard: (losing: boolean) => void this.guards.push(losing),
    }
    const parts = { link: this.server, device, name: 'here', around }
    const before = new Set(this.server.channels)
    const { handle } = new EntityCopy('a', parts, { doc })
    handles.push(handle)
    await settled()
    const channel = [...this.server.channels].find((one) => !before.has(one)) as SimChannel
    return { handle, channel, text: doc.getText() }
  }

  /** Everything goes where it goes, until nothing moves. */
  async run({ write = true } = {}): Promise<void> {
    for (let moved = true; moved; ) {
      await settled()
      moved = false
      for (const channel of this.server.channels) {
        channel.connect()
        for (const way of ['up', 'down'] as const) while (channel.step(way)) moved = true
      }
      if (write && !moved) {
        this.server.write()
        this.server.tellWhere()
        moved = [...this.server.channels].some(({ down }) => down.length > 0)
      }
    }
  }
}

const handles: Handle[] = []
afterEach(async () => {
  for (const handle of handles.splice(0)) await handle.destroy()
})

describe('[U20] a handle is a Yjs provider', () => {
  test('what one writes the other has; each is saved', async () => {
    const scene = new Scene()
    const [a, b] = [await scene.open(), await scene.open()]
    a.text.insert(0, 'hello')
    const saved = a.handle.saved()
    await scene.run()
    await saved
    await b.handle.synced
    expect(b.text.toString()).toBe('hello')
    expect(a.handle.status).toMatchObject({
      link: { is: 'online' },
      save: { is: 'saved' },
      pending: 0,
      tier: 'disk',
    })
  })
})
