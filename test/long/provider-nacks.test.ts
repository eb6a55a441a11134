import { describe, expect } from 'vitest'
import * as Y from 'yjs'
import { areEqual } from '../support/checker.ts'
import { until } from '../support/deadline.ts'
import { openHandle } from '../support/provider-crowd.ts'
import { ownStageTest } from '../support/stage.ts'
import { mayAll, SECRET, tokenOf } from '../support/tokens.ts'

const PATIENCE = 30_000
const read = (doc: Y.Doc) => doc.getText().toString()
/** What an update that was set aside brings to a copy that lacks just that. */
const words = (update: Uint8Array): string =>
  Y.decodeUpdate(update)
    .structs.flatMap((struct) =>
      struct instanceof Y.Item && struct.content instanceof Y.ContentString
        ? [struct.content.str]
        : [],
    )
    .join('')

describe('[U28] what the server does not take blocks nothing else', () => {
  ownStageTest(
    'too large, and over quota: the original is here, the rest goes on',
    async (stage) => {
      await stage.start(['--limit-update-bytes', '20KB', '--limit-entity-bytes', '60KB'])
      const entity = stage.entity()
      const [a, b] = [1, 2].map(() => openHandle(stage, stage.port, entity))
      if (a === undefined || b === undefined) return
      const text = a.doc.getText()
      text.insert(0, 'before ')
      await a.saved({ timeoutMs: PATIENCE })
      const large = 'L'.repeat(30_000)
      text.insert(text.length, large)
      const fails = expect(a.saved({ timeoutMs: PATIENCE })).rejects.toThrow(/./)
      await null
      text.insert(text.length, 'after')
      await fails
      await until('the rest is taken', PATIENCE, () => a.status.pending === 0)
      await until('b has the rest', PATIENCE, () => read(b.doc) === 'before after')
      await until('a agrees', PATIENCE, () => areEqual([a.doc, b.doc]))
      const [aside] = await a.setAside()
      expect(words(aside?.update as Uint8Array)).toBe(large)
      expect(a.status.save).toMatchObject({ is: 'rejected', code: aside?.code })
      await expect(a.saved({ timeoutMs: PATIENCE })).rejects.toMatchObject({ code: aside?.code })
      await a.forgetAside(aside?.id as number)
      await a.saved({ timeoutMs: PATIENCE })
      expect(a.status.save).toEqual({ is: 'saved' })

      // Each small enough, together too much.
      let rejected = 0
      a.on('rejected', () => rejected++)
      for (let part = 0; part < 6 && rejected === 0; part++) {
        text.insert(text.length, 'q'.repeat(15_000))
        await a.saved({ timeoutMs: PATIENCE }).catch(() => {})
      }
      await until('it is full', PATIENCE, () => rejected > 0)
      for (const { id } of await a.setAside()) await a.forgetAside(id)
      text.delete(0, text.length)
      await a.saved({ timeoutMs: PATIENCE })
      await until('both are empty', PATIENCE, () => read(b.doc) === '' && areEqual([a.doc, b.doc]))
    },
  )
})

describe('[U87] an edit that no frame and no parts can carry', () => {
  ownStageTest('is set aside, and all that follows goes on', async (stage) => {
    await stage.start(['--limit-frame-bytes', '64KB', '--limit-entity-bytes', '64KB'])
    const entity = stage.entity()
    const [a, b] = [openHandle(stage, stage.port, entity), openHandle(stage, stage.port, entity)]
    const text = a.doc.getText()
    text.insert(0, 'before ')
    await a.saved({ timeoutMs: PATIENCE })
    const large = 'L'.repeat(100_000)
    text.insert(text.length, large)
    const code = 'update-too-large'
    await expect(a.saved({ timeoutMs: PATIENCE })).rejects.toMatchObject({ code })
    text.insert(text.length, 'after')
    await until('b has the rest', PATIENCE, () => read(b.doc) === 'before after')
    await until('a agrees', PATIENCE, () => areEqual([a.doc, b.doc]))
    const [aside] = await a.setAside()
    expect(words(aside?.update as Uint8Array)).toBe(large)
    await a.forgetAside(aside?.id as number)
    await a.saved({ timeoutMs: PATIENCE })
    expect(a.status).toMatchObject({ may: 'write', save: { is: 'saved' }, link: { is: 'online' } })
  })
})

describe('[U28] [V33] who did not hear that something was refused', () => {
  ownStageTest('is told when he is back, and of nothing else', async (stage) => {
    await stage.start(['--limit-update-bytes', '20KB'])
    const entity = stage.entity()
    const proxy = await stage.proxy()
    const [a, b] = [openHandle(stage, proxy.port, entity), openHandle(stage, stage.port, entity)]
    const text = a.doc.getText()
    await Promise.all([a.synced, b.synced])
    /** What is written reaches the server; what that says to it does not come back. */
    const unheard = async (write: () => void, meanwhile = () => {}) => {
      await a.saved({ timeoutMs: PATIENCE })
      proxy.let((_, towards) => towards === 'server')
      write()
      const has = () => Y.encodeStateVector(b.doc).join() === Y.encodeStateVector(a.doc).join()
      await until('the others have it', PATIENCE, has)
      meanwhile()
      await b.saved({ timeoutMs: PATIENCE })
      expect(a.status.pending).toBeGreaterThan(0)
      proxy.cut()
      proxy.let(() => true)
      await until('it is answered', PATIENCE, () => a.status.pending === 0)
      await until('both agree', PATIENCE, () => areEqual([a.doc, b.doc]))
    }
    await unheard(() => text.insert(0, 'taken, '))
    await unheard(
      () => text.insert(text.length, 'deleted'),
      () => b.doc.getText().delete('taken, '.length, 'deleted'.length),
    )
    expect([await a.setAside(), read(b.doc)]).toEqual([[], 'taken, '])
    const large = 'L'.repeat(30_000)
    await unheard(() => text.insert(text.length, large))
    text.insert(text.length, 'after')
    await until('the rest goes on', PATIENCE, () => read(b.doc) === 'taken, after')
    const [aside, ...others] = await a.setAside()
    expect([words(aside?.update as Uint8Array), others]).toEqual([large, []])
    const code = 'update-too-large'
    await expect(a.saved({ timeoutMs: PATIENCE })).rejects.toMatchObject({ code })
    await until('it says so', PATIENCE, () => a.status.save.is === 'rejected')
  })
})

describe('[U29] who may not write', () => {
  ownStageTest('only reads, and is told; the others are not disturbed', async (stage) => {
    await stage.start(['--auth-secret', SECRET])
    const entity = stage.entity()
    const open = (token: string) => openHandle(stage, stage.port, entity, { offline: false, token })
    const [writer, reader] = [open(mayAll('write')), open(mayAll('read'))]
    writer.doc.getText().insert(0, 'hello')
    await writer.saved({ timeoutMs: PATIENCE })
    await until('the reader has it', PATIENCE, () => read(reader.doc) === 'hello')
    expect(reader.status.may).toBe('read')
    reader.doc.getText().insert(5, ' from a reader')
    await expect(reader.saved({ timeoutMs: PATIENCE })).rejects.toMatchObject({ code: 'forbidden' })
    const [aside] = await reader.setAside()
    expect(words(aside?.update as Uint8Array)).toBe(' from a reader')
    writer.doc.getText().insert(5, ', world')
    await until('it goes on reading', PATIENCE, () => read(reader.doc).includes(', world'))
    expect(read(writer.doc)).toBe('hello, world')
  })

  ownStageTest('any more, for the token is over: edits wait for the next', async (stage) => {
    await stage.start(['--auth-secret', SECRET, '--pace-grace', '1s'])
    const entity = stage.entity()
    const grants = [{ entity: '**', may: 'write' }]
    const soon = () => Math.floor(Date.now() / 1_000)
    let token = tokenOf({ grants, exp: soon() - 50 })
    let isAsked = 0
    const give = () => {
      isAsked++
      return token
    }
    const handle = openHandle(stage, stage.port, entity, { offline: false, token: give })
    await handle.synced
    await until('it needs another', PATIENCE, () => handle.status.link.is === 'needs-auth')
    handle.doc.getText().insert(0, 'kept')
    await until('it waits', PATIENCE, () => handle.status.save.is === 'local')
    token = tokenOf({ grants })
    await handle.saved({ timeoutMs: PATIENCE })
    expect(isAsked).toBeGreaterThan(1)
  })
})
