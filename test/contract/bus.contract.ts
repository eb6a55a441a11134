import { afterEach, describe, expect, test } from 'vitest'
import { type Bus, MESSAGE_BYTES, type Topic } from '../../src/bus/bus.ts'
import { DEFAULT_TENANT } from '../../src/core/ids.ts'
import { key } from './store.ts'

const TOPICS: readonly Topic[] = [
  { is: 'entity', entity: key('notes') },
  { is: 'tenant', tenant: DEFAULT_TENANT },
  { is: 'nodes' },
]

/** What every bus promises. */
export function busContract(name: string, open: () => Promise<Bus>): void {
  describe(`bus: ${name}`, () => {
    const opened: Bus[] = []
    afterEach(async () => {
      for (const bus of opened.splice(0)) await bus.close()
    })
    const start = async () => {
      const bus = await open()
      opened.push(bus)
      return bus
    }

    test('[N1] a node is there for itself from the start', async () => {
      const bus = await start()
      expect(bus.nodes()).toContain(bus.node)
    })

    test('[N2] nobody hears what it has said itself', async () => {
      const bus = await start()
      const heard: string[] = []
      for (const topic of TOPICS) bus.listen(topic, (kind) => heard.push(kind))
      for (const topic of TOPICS) bus.publish(topic, 'word', Uint8Array.of(1))
      // Closing waits for what was published.
      await bus.close()
      expect(heard).toEqual([])
    })

    test('[N3] what is too large, or is of no kind, is refused in words', async () => {
      const bus = await start()
      for (const topic of TOPICS) {
        expect(() => bus.publish(topic, 'word', new Uint8Array(MESSAGE_BYTES))).not.toThrow()
        const large = new Uint8Array(MESSAGE_BYTES + 1)
        expect(() => bus.publish(topic, 'word', large)).toThrow(TypeError)
        for (const kind of ['', 'Two words', 'é', 'x'.repeat(33)]) {
          expect(() => bus.publish(topic, kind, Uint8Array.of(1))).toThrow(TypeError)
        }
      }
    })

    test('[N4] closing, and ending what was begun, may be done twice', async () => {
      const bus = await start()
      const stops = [
        bus.listen(TOPICS[0] as Topic, () => {}),
        bus.onGone(() => {}),
        bus.onGap(() => {}),
      ]
      for (const stop of [...stops, ...stops]) stop()
      await bus.close()
      await bus.close()
      expect(() => bus.publish(TOPICS[0] as Topic, 'word', Uint8Array.of(1))).not.toThrow()
    })
  })
}
