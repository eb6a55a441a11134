import { describe, expect } from 'vitest'
import * as Y from 'yjs'
import { until } from '../support/deadline.ts'
import { stageTest } from '../support/stage.ts'
import type { TributaryClient } from '../support/tributary-client.ts'

/** A document, and its updates as they are made. */
function author() {
  const doc = new Y.Doc()
  const updates: Uint8Array[] = []
  doc.on('update', (update: Uint8Array) => updates.push(update))
  return {
    doc,
    write(text: string): Uint8Array {
      doc.getText('text').insert(0, text)
      return updates.at(-1) as Uint8Array
    },
  }
}

const textOf = (doc: Y.Doc) => doc.getText('text').toString()
const textAt = (client: TributaryClient, channel: number) => textOf(client.doc(channel))

describe('opening', () => {
  stageTest(
    '[V3] what is edited comes to the others, and is acknowledged when it is durable',
    async (stage) => {
      const id = stage.entity()
      const [ann, bob] = [await stage.connect(), await stage.connect()]
      const { channel, follows, may, tier } = await ann.enter(id)
      expect({ follows, may, tier }).toEqual({ follows: 'state', may: 'write', tier: 'disk' })
      await ann.next('synced')
      const hers = await bob.enter(id)
      expect(hers.channel, 'one frame serves both').toBe(channel)
      await bob.next('synced')
      const writer = author()
      ann.edit(channel, 1, writer.write('hello'))
      const { batch, position, tier: safe } = await ann.next('ack')
      expect({ batch, safe }).toEqual({ batch: 1, safe: 'disk' })
      expect(position).toMatch(/^0\.[0-9a-z]{12}:1:[0-9a-f]{16}$/)
      await until('it is there', stage.deadline, () => textAt(bob, channel) === 'hello')
      expect(ann.all('update'), 'its author has it').toEqual([])
      const third = await stage.connect()
      const late = await third.enter(id)
      await third.next('synced')
      expect(textAt(third, late.channel)).toBe('hello')
    },
  )
})
