import { expect } from 'vitest'
import * as Y from 'yjs'
import { clusterTest } from '../support/cluster-test.ts'
import { until } from '../support/deadline.ts'

/** Edits of one text, in order. */
function author() {
  const doc = new Y.Doc()
  const updates: Uint8Array[] = []
  doc.on('update', (update: Uint8Array) => updates.push(update))
  return {
    doc,
    write(text: string): Uint8Array {
      doc.getText('text').insert(doc.getText('text').length, text)
      return updates.at(-1) as Uint8Array
    },
  }
}

const textOf = (doc: Y.Doc) => doc.getText('text').toString()

clusterTest(
  '[V8] [V9] [V11] a position is good on every node; after a FLUSHALL clients are asked instead',
  async (cluster, stage) => {
    const [one, two] = [cluster.node(0), cluster.node(1)]
    const id = stage.entity()
    const ann = await stage.connect({ port: one.port })
    const { channel } = await ann.enter(id)
    await ann.next('synced')
    const writer = author()
    ann.edit(channel, 1, writer.write('one '))
    const first = await ann.next('ack')
    // Whoever comes back goes to another node, right after the log has it.
    for (let batch = 2; batch < 12; batch++) {
      ann.edit(channel, batch, writer.write(`${batch} `))
      const { position } = await ann.next('ack')
      const bob = await stage.connect({ port: two.port })
      const opened = await bob.enter(id, { position })
      expect(opened.follows).toBe('rest')
      const { update } = await bob.next('synced')
      const known = new Y.Doc()
      Y.applyUpdate(known, Y.encodeStateAsUpdate(writer.doc))
      Y.applyUpdate(known, update)
      expect(textOf(known)).toBe(textOf(writer.doc))
      bob.terminate()
    }
    const bob = await stage.connect({ port: two.port })
    const opened = await bob.enter(id, { position: first.position })
    expect(opened.follows).toBe('rest')
    await bob.next('synced')
    const { position: at } = await bob.next('at')
    await cluster.redis.client.flushall()
    const eve = await stage.connect({ port: two.port })
    await until(
      'the log is another one',
      stage.deadline,
      async () => {
        const { follows, channel: number } = await eve.enter(id, { position: at })
        eve.say({ is: 'close', channel: number })
        return follows === 'ask'
      },
      200,
    )
    const { channel: last } = await eve.enter(id)
    await eve.next('synced')
    await until('all of it', stage.deadline, () => textOf(eve.doc(last)) === textOf(writer.doc))
  },
  { nodes: 2 },
)
