import { expect, test } from 'vitest'
import * as Y from 'yjs'
import { author, gate } from '../support/tributary-authors.ts'
import { tributaryStage } from '../support/tributary-stage.ts'

test('[V33] [V34] who sends it to a node that was not there is told again, and of nothing else', async () => {
  const stage = tributaryStage({ limits: { updateBytes: 5_000, entityBytes: 6_000 } })
  const writer = author()
  const [deleted, large, small] = [
    writer.write('a'.repeat(4_000)),
    writer.write('b'.repeat(6_000)),
    writer.write('c'.repeat(3_000)),
  ]
  const edits = [deleted, large, small]
  const first = await stage.enter('a')
  const say = ({ socket, channel }: typeof first, batch: number, update: Uint8Array) =>
    socket.say({ is: 'edit', channel, batch, update })
  for (const [batch, update] of edits.entries()) say(first, batch, update)
  await stage.settle()
  expect(first.socket.all('nack')).toHaveLength(2)
  const other = author(2)
  for (const { update } of (await stage.enter('a')).socket.all('synced')) {
    Y.applyUpdate(other.doc, update)
  }
  other.doc.getText('text').delete(0, 4_000)
  say(first, 3, Y.encodeStateAsUpdate(other.doc))
  await stage.settle()
  stage.forget('a')

  const again = await stage.enter('a')
  for (const [batch, update] of edits.entries()) say(again, batch, update)
  say(again, 3, Y.encodeStateAsUpdate(other.doc))
  await stage.settle()
  expect(again.socket.all('nack')).toMatchObject([
    { batch: 1, code: 'update-too-large', neutered: true },
    { batch: 2, code: 'entity-full', neutered: true },
  ])
  expect(again.socket.last('ack').batch).toBe(3)
})

test('[V33] who may only read by now is told again too', async () => {
  const { access, admit } = gate()
  admit('reads', { may: 'read' })
  admit('writes', {})
  const stage = tributaryStage({ access, limits: { updateBytes: 1_000 } })
  const writer = author()
  const edits = ['a', 'b'.repeat(2_000), 'c'].map((text) => writer.write(text))
  for (const token of ['writes', 'reads']) {
    const { socket, channel } = await stage.enter('a', token)
    for (const [at, update] of edits.entries()) {
      socket.say({ is: 'edit', channel, batch: at + 1, update })
    }
    await stage.settle()
    expect(socket.all('nack'), token).toMatchObject([{ batch: 2, code: 'update-too-large' }])
    expect(socket.last('ack').batch).toBe(3)
  }
})
