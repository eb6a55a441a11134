import { expect } from 'vitest'
import * as Y from 'yjs'
import type { Channel } from '../../client/provider/channel.ts'
import { Links } from '../../client/provider/link/links.ts'
import { nodeEnvironment } from '../../client/provider/node/node-environment.ts'
import { openNodeSocket } from '../../client/provider/node/ws-socket.ts'
import { until } from '../support/deadline.ts'
import { NotingOwner } from '../support/link-owner.ts'
import { type Stage, stageTest } from '../support/stage.ts'

/** Links as they are, with the time of this machine. */
function opened(stage: Stage, entity: string): [Channel, NotingOwner] {
  const links = new Links({ environment: nodeEnvironment, openSocket: openNodeSocket })
  const owner = new NotingOwner()
  const channel = links.to(`http://127.0.0.1:${stage.port}`).open(entity, owner)
  stage.atEnd(() => channel.leave())
  return [channel, owner]
}

/** About `length` bytes of text as one update. */
function longUpdate(length: number): Uint8Array {
  const doc = new Y.Doc()
  doc.getText('t').insert(0, 'x'.repeat(length))
  return Y.encodeStateAsUpdate(doc)
}

stageTest(
  '[U12] [U11] what is cut here is whole at the server, and on the other side',
  async (stage) => {
    const entity = stage.entity()
    const update = longUpdate(1_000_000)
    const [author, owner] = opened(stage, entity)
    const [, reader] = opened(stage, entity)
    await owner.isOpen()
    await reader.isOpen()
    expect(author.say({ is: 'edit', batch: 1, update })).toBe(true)
    const acked = () => owner.messages.some(({ is }) => is === 'ack')
    await until('it is acknowledged', stage.deadline, acked)
    const received = () =>
      reader.messages.flatMap((one) => (one.is === 'update' ? [Buffer.from(one.update)] : []))[0]
    await until('the other has it', stage.deadline, () => received() !== undefined)
    expect(received()?.equals(update)).toBe(true)

    const [, later] = opened(stage, entity)
    const synced = () => later.messages.some(({ is }) => is === 'synced')
    await until('who comes later has it', stage.deadline, synced)
    expect(later.progressed).toBeGreaterThanOrEqual(1_000_000)
  },
)
