import { describe, expect, test, vi } from 'vitest'
import * as Y from 'yjs'
import { ORIGIN } from '../../src/core/position.ts'
import { Trail } from '../../src/core/trail.ts'
import { checkUpdate } from '../../src/crdt/check.ts'
import type { SoundUpdate } from '../../src/crdt/scan.ts'
import { compactSound } from '../../src/jobs/compact-sound.ts'
import { author, docOf, NOTHING, REF_A, textOf } from '../support/tributary-authors.ts'
import { tributaryStage } from '../support/tributary-stage.ts'

describe('coming back by position', () => {
  async function away() {
    const stage = tributaryStage()
    const ann = await stage.enter('a')
    const writer = author()
    const write = async (text: string) => {
      const update = writer.write(text)
      ann.socket.say({ is: 'edit', channel: ann.channel, batch: 1, update })
      await stage.settle()
      return update
    }
    await write('one ')
    return { stage, ann, writer, write, at: ann.socket.last('ack').position }
  }

  test('[V8] to where nothing has happened: nothing is sent, and what is not in the log yet is', async () => {
    const { stage, at, write } = await away()
    const { socket } = await stage.enter('a', '', { position: at })
    expect(socket.last('opened')).toMatchObject({ follows: 'rest', bytes: 2, position: at })
    expect(socket.kinds()).toEqual(['welcome', 'opened', 'synced', 'at'])
    expect(socket.last('synced').update).toEqual(NOTHING)
    expect(socket.last('at').position).toBe(at)
    const { append } = stage.log
    stage.log.append = () => new Promise(() => {})
    const early = await write('two')
    stage.log.append = append
    const again = await stage.enter('a', '', { position: at })
    expect(again.socket.last('synced').update).toEqual(early)
    expect(again.socket.all('at'), 'it is not in the log').toEqual([])
  })

  test.each([
    ['its node remembers the place', false],
    ['the place is looked for in the log', true],
  ])('[V8] what came since is sent, and not what was before: %s', async (_, isForgotten) => {
    const { stage, at, write } = await away()
    const [two, three] = [await write('two '), await write('three')]
    if (isForgotten) stage.forget('a')
    const read = vi.spyOn(stage.log, 'read')
    if (isForgotten) await stage.enter('a')
    read.mockClear()
    const { socket, channel } = await stage.enter('a', '', { position: at })
    expect(read).toHaveBeenCalledTimes(isForgotten ? 1 : 0)
    expect(socket.last('opened').follows).toBe('rest')
    expect(socket.last('synced').update).toEqual(Y.mergeUpdates([two, three]))
    expect(docOf(socket, channel).store.pendingStructs).not.toBe(null)
    if (isForgotten) return
    await write('!')
    expect(socket.all('update')).toHaveLength(1)
  })

  test('[V8] of another history, or from a place that is none: the client is asked what it has', async () => {
    const { stage, at, write } = await away()
    await write('two')
    const [epoch, offset, check] = at.split(':')
    const strange = [
      `${epoch}:${offset}:${'0'.repeat(16)}`,
      `0.000000000000:${offset}:${check}`,
      `${epoch}:99:${check}`,
      'nonsense',
    ]
    for (const position of strange) {
      const { socket, channel } = await stage.enter('a', '', { position })
      expect(socket.last('opened'), position).toMatchObject({ follows: 'ask', bytes: 0 })
      expect(socket.all('synced')).toEqual([])
      socket.say({ is: 'sync', channel, stateVector: Uint8Array.of(0) })
      await stage.settle()
      expect(textOf(docOf(socket, channel))).toBe('one two')
    }
  })

  test.each(['rest', 'state', 'ask'] as const)(
    '[V32] the position counts what the log has told within this tick only as it is sent: %s',
    async (follows) => {
      const { stage, at, write, writer } = await away()
      // An entry of another node, while the entity is busy: told to nobody yet.
      await write('two ')
      await stage.settle(0)
      const far = author(2)
      const append = (text: string) =>
        stage.log.append(REF_A, {
          ...{ id: `foreign-${text}`, authors: [], origin: 'session', time: 0 },
          update: checkUpdate(far.write(text)).bytes,
        })
      await append('b')
      await append('a')
      const socket = await stage.connect()
      const stateVector = Y.encodeStateVector(writer.doc)
      if (follows === 'rest') socket.open('a', { position: at })
      else if (follows === 'state') socket.open('a', { stateVector })
      else socket.open('a', { position: 'nonsense' })
      for (let turn = 0; turn < 10; turn++) await Promise.resolve()
      const opened = socket.last('opened')
      expect(opened).toMatchObject({ follows, position: expect.stringContaining(':4:') })
      const { channel } = opened
      // Whoever breaks off here comes back with that position, and is sent nothing of it again.
      if (follows === 'ask') socket.say({ is: 'sync', channel, stateVector })
      await stage.settle()
      Y.applyUpdate(writer.doc, Y.encodeStateAsUpdate(docOf(socket, channel)))
      expect(textOf(writer.doc)).toContain('ba')
      expect(socket.kinds().slice(0, 3)).toEqual(['welcome', 'opened', 'synced'])
      expect(socket.all('update')).toEqual([])
    },
  )

  test('[V8] what is fanned out before the first is sent comes behind it', async () => {
    const { stage, at, write } = await away()
    await write('two ')
    const entity = await stage.entity('a')
    const { after } = entity
    entity.after = async (position) => {
      const since = await after.call(entity, position)
      await write('late')
      return since
    }
    const socket = await stage.connect()
    socket.open('a', { position: at })
    for (let n = 0; n < 4; n++) await stage.settle()
    expect(socket.kinds().slice(-3)).toEqual(['synced', 'update', 'at'])
    expect(socket.last('at').position).toContain(':3:')
  })

  test('[V8] a compaction that comes in between is not fallen through', async () => {
    const { stage, at, write, writer } = await away()
    await write('two ')
    const entity = await stage.entity('a')
    // It does not remember where it was.
    vi.spyOn(Trail.prototype, 'goesThrough').mockReturnValue(false)
    const { read } = stage.log
    let looks = 0
    stage.log.read = async (key, after) => {
      const found = await read.call(stage.log, key, after)
      if (looks++ > 0) return found
      // What comes now is in the log and in a snapshot before the reader can look at the tail.
      await write('three')
      const before = await read.call(stage.log, key, ORIGIN)
      const entries = before.is === 'entries' ? before.entries : []
      const sound = entries.map(({ update }) => update as SoundUpdate)
      const compacted = compactSound(null, sound, { gc: true })
      entity.adopt({ ...compacted, position: entity.position })
      return found
    }
    const socket = await stage.connect()
    socket.open('a', { position: at })
    for (let n = 0; n < 4; n++) await stage.settle()
    vi.restoreAllMocks()
    expect(looks).toBe(2)
    expect(entity.tailSize.entries).toBe(0)
    const rest = new Y.Doc()
    Y.applyUpdate(rest, writer.updates[0] as Uint8Array)
    Y.applyUpdate(rest, socket.last('synced').update)
    expect(textOf(rest)).toBe('one two three')
  })

  test('[V9] who opens is told what the entity has, and is asked only when something is missing', async () => {
    const { stage, ann, writer } = await away()
    const { socket, channel } = await stage.enter('a')
    const opened = socket.last('opened')
    expect(opened.stateVector).toEqual(Y.encodeStateVector(writer.doc))
    expect(socket.last('synced').update.length).toBe(opened.bytes)
    expect(socket.all('ask')).toEqual([])
    writer.write('lost on its way')
    const update = writer.write('!')
    ann.socket.say({ is: 'edit', channel, batch: 2, update })
    expect(ann.socket.last('ask').stateVector).toEqual(opened.stateVector)
    await stage.settle()
    expect(ann.socket.last('ack').batch, 'it is not there').toBe(1)
    const answer = Y.encodeStateAsUpdate(writer.doc, opened.stateVector)
    ann.socket.say({ is: 'answer', channel, batch: 3, update: answer })
    await stage.settle()
    expect(ann.socket.last('ack').batch).toBe(3)
    expect(textOf(docOf(socket, channel))).toBe(textOf(writer.doc))
  })
})
