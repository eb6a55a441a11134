import { describe, expect } from 'vitest'
import * as Y from 'yjs'
import { until } from '../support/deadline.ts'
import { Refused } from '../support/raw-client.ts'
import { ownStageTest, stageTest } from '../support/stage.ts'
import { mayAll, SECRET } from '../support/tokens.ts'
import { TributaryClient } from '../support/tributary-client.ts'

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
    '[V3] [V10] what is edited comes to the others, stock clients too, and is acknowledged',
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
      const stock = await stage.stock('3.1.0', id).synced()
      expect(textOf(stock.doc)).toBe('hello')
      stock.doc.getText('text').insert(5, '!')
      await until('it is there', stage.deadline, () => textAt(bob, channel).endsWith('!'))
      const third = await stage.connect()
      const late = await third.enter(id)
      await third.next('synced')
      expect(textAt(third, late.channel)).toBe('hello!')
      const { position: told } = await third.next('at')
      const again = await stage.connect()
      expect((await again.enter(id, { position: told })).follows).toBe('rest')
      expect((await again.next('synced')).update).toEqual(Uint8Array.of(0, 0))
    },
  )

  stageTest('[V8] coming back to 4 MB after a short absence takes 2 KB at most', async (stage) => {
    const id = stage.entity()
    const ann = await stage.connect()
    const { channel } = await ann.enter(id)
    const writer = author()
    ann.edit(channel, 1, writer.write('x'.repeat(4_000_000)))
    const { position } = await ann.next('ack')
    ann.edit(channel, 2, writer.write('meanwhile'))
    await ann.next('ack')
    const back = await stage.connect()
    const opened = await back.enter(id, { position })
    const { update } = await back.next('synced')
    expect(opened.follows).toBe('rest')
    expect(Y.decodeUpdate(update).structs).toHaveLength(1)
    expect(back.receivedBytes).toBeLessThan(2_000)
  })

  stageTest(
    '[V4] the subprotocol is answered, and without it there is no upgrade',
    async (stage) => {
      const among = ['other', 'tributary.token.x', 'tributary.v1']
      const client = await stage.connect({ protocols: among })
      expect(client.socket.protocol).toBe('tributary.v1')
      const without = await stage.connect({ protocols: ['other'] }).catch((reason) => reason)
      expect(without).toBeInstanceOf(Refused)
      expect(without).toMatchObject({ status: 400, body: expect.stringContaining('tributary.v1') })
      const url = `ws://127.0.0.1:${stage.port}/connect/`
      const elsewhere = await TributaryClient.open(url)
      expect(await elsewhere.next('error')).toMatchObject({ code: 'no-such-door', again: null })
      expect((await elsewhere.closed).code).toBe(4404)
    },
  )

  stageTest('[V5] what is too much before a hello is not put together', async (stage) => {
    const client = await stage.connect({ token: null })
    client.socket.send(new Uint8Array(65_000), { fin: false })
    client.socket.send(new Uint8Array(2_000_000), { fin: false })
    expect((await client.closed).code).toBe(1009)
    const polite = await stage.connect()
    polite.socket.send(new Uint8Array(2_000_000).fill(0x7f))
    const { channel } = await polite.enter(stage.entity())
    expect(channel).toBeGreaterThan(0)
  })

  stageTest(
    '[V18] a token comes with the hello or with the upgrade, and is renewed in place',
    async (stage) => {
      const id = stage.entity()
      const headers = { authorization: `Bearer ${mayAll('write')}` }
      const ann = await stage.connect({ ws: { headers } })
      const { channel, expires } = await ann.enter(id)
      expect(expires).toBeGreaterThan(3_000_000)
      const bob = await stage.connect({ token: mayAll('read', 'bob'), ws: { headers } })
      expect((await bob.enter(id)).may).toBe('read')
      ann.say({ is: 'token', token: mayAll('read', 'write') })
      expect(await ann.next('rights')).toMatchObject({ channel, may: 'read' })
      ann.edit(channel, 1, author().write('x'))
      expect(await ann.next('nack')).toMatchObject({ batch: 1, code: 'forbidden' })
      const eve = await stage.connect({ token: 'rubbish' })
      const request = eve.ask(id)
      expect(await eve.next('refused')).toMatchObject({ request, code: 'unauthenticated' })
      // Nobody was let in there: a message is small.
      eve.socket.send(new Uint8Array(2_000_000), { fin: false })
      expect((await eve.closed).code).toBe(1009)
    },
    { flags: ['--auth-secret', SECRET] },
  )

  ownStageTest('[V19] a node that stops closes with 1012', async (stage) => {
    const server = await stage.start()
    const client = await stage.connect()
    const { channel } = await client.enter(stage.entity())
    client.edit(channel, 1, author().write('x'))
    await client.next('ack')
    await server.stop()
    expect((await client.closed).code).toBe(1012)
  })
})
