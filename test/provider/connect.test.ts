import { describe, expect } from 'vitest'
import { connect, forgetDevice } from '../../client/provider/node/index.ts'
import { until } from '../support/deadline.ts'
import { type Stage, stageTest } from '../support/stage.ts'
import { SECRET, tokenOf } from '../support/tokens.ts'

const base = (stage: Stage) => `ws://127.0.0.1:${stage.port}`
/** For what takes no attempt, only an answer. */
const PROMPT_MS = 6_000
const AUTH = ['--auth-secret', SECRET]

function open(stage: Stage, entity: string, options: Parameters<typeof connect>[2] = {}) {
  const handle = connect(base(stage), entity, options)
  stage.atEnd(() => handle.destroy())
  return handle
}

describe('[U20] connect, against a server', () => {
  stageTest('two handles have the same, each edit is saved, each sees the other', async (stage) => {
    const entity = stage.entity()
    const [a, b] = [open(stage, entity), open(stage, entity)]
    a.doc.getText().insert(0, 'hello')
    await a.saved({ tier: 'disk', timeoutMs: stage.deadline })
    await b.synced
    await until('b has it', stage.deadline, () => b.doc.getText().toString() === 'hello')
    b.awareness.setLocalStateField('name', 'bea')
    const seen = () => a.awareness.getStates().get(b.doc.clientID)?.name === 'bea'
    await until('a sees b', stage.deadline, seen)
    expect(a.status).toMatchObject({
      link: { is: 'online' },
      save: { is: 'saved' },
      may: 'write',
      tier: 'disk',
    })
    await b.destroy()
    await until('b is gone', stage.deadline, () => !a.awareness.getStates().has(b.doc.clientID))
  })
})

stageTest(
  '[U93] who is out of sight for a blip is told as lost and restored, and never as gone',
  async (stage) => {
    const entity = stage.entity()
    const proxy = await stage.proxy()
    const ann = connect(`ws://127.0.0.1:${proxy.port}`, entity, { offline: false })
    stage.atEnd(() => ann.destroy())
    const bob = open(stage, entity, { offline: false })
    bob.awareness.setLocalStateField('name', 'bob')
    const client = bob.doc.clientID
    await until('she sees him', stage.deadline, () => ann.awareness.getStates().has(client))
    const told: unknown[] = []
    ann.on('lost', (clients) => told.push('lost', ...clients))
    ann.on('restored', (clients) => told.push('restored', ...clients))
    ann.awareness.on('change', ({ removed }: { removed: number[] }) => {
      if (removed.includes(client)) told.push('gone')
    })
    proxy.cut()
    await until('he is back', stage.deadline, () => told.includes('restored'))
    expect(told).toEqual(['lost', client, 'restored', client])
    expect(ann.awareness.getStates().get(client)).toEqual({ name: 'bob' })
  },
)

describe('a switch for the link', () => {
  stageTest(
    '[U78] [U77] what is written while it is off waits here, and comes to the others when it is on',
    async (stage) => {
      const entity = stage.entity()
      // With nothing kept he has of her what the server has.
      const [ann, bob] = [open(stage, entity), open(stage, entity, { offline: false })]
      const told: boolean[] = []
      ann.on('sync', (isHere) => told.push(isHere))
      await Promise.all([ann.synced, bob.synced])
      expect(told).toEqual([true])

      ann.disconnect()
      ann.disconnect()
      expect(told).toEqual([true, false])
      expect(ann.status.link).toEqual({
        is: 'offline',
        reason: 'disconnected here',
        again: null,
      })
      ann.doc.getText().insert(0, 'ann')
      bob.doc.getText().insert(0, 'bob')
      await bob.saved({ timeoutMs: stage.deadline })
      // Whatever she had sent would have been there before this.
      await expect(ann.saved({ timeoutMs: 100 })).rejects.toMatchObject({ code: 'timeout' })
      expect(ann.status).toMatchObject({ pending: 1, save: { is: 'local' } })
      expect(bob.doc.getText().toString()).toBe('bob')
      expect(ann.doc.getText().toString()).toBe('ann')

      ann.connect()
      ann.connect()
      await ann.saved({ timeoutMs: stage.deadline })
      const both = () => bob.doc.getText().length === 6 && ann.doc.getText().length === 6
      await until('each has both', stage.deadline, both)
      expect(told).toEqual([true, false, true])
    },
  )

  stageTest('[U78] what is off before it was ever on asks for nothing', async (stage) => {
    const entity = stage.entity()
    const ann = open(stage, entity)
    ann.disconnect()
    ann.doc.getText().insert(0, 'ann')
    await expect(ann.saved({ timeoutMs: 100 })).rejects.toMatchObject({ code: 'timeout' })
    expect(ann.status).toMatchObject({ tier: null, may: null, link: { is: 'offline' } })
    ann.connect()
    await ann.synced
    await ann.saved({ timeoutMs: stage.deadline })
  })
})

describe('a token, and another', () => {
  stageTest(
    '[U79] [U80] a new text lets in who was refused for the old one: `synced` resolves after all',
    async (stage) => {
      const entity = stage.entity()
      const grants = (...ids: string[]) => ids.map((id) => ({ entity: id, may: 'write' }))
      const first = tokenOf({ grants: grants('another') })
      const [ann, bob] = [
        open(stage, entity, { token: first }),
        open(stage, 'another', { token: first }),
      ]
      await bob.synced
      await until('ann is denied', stage.deadline, () => ann.status.link.is === 'denied')
      let synced: unknown = 'open'
      ann.synced.then(
        () => (synced = true),
        (error) => (synced = error),
      )
      ann.connect()
      await until('she is again', stage.deadline, () => ann.status.link.is === 'denied')
      expect(synced).toBe('open')

      const lost: boolean[] = []
      bob.on('sync', (isHere) => lost.push(isHere))
      ann.setToken(tokenOf({ grants: grants(entity, 'another') }))
      await until('ann has everything', PROMPT_MS, () => synced === true)
      expect(ann.status.link).toEqual({ is: 'online' })
      expect(lost, 'of the other handle the link stands').toEqual([])
      // Whoever comes with the old text has the new one too.
      const late = open(stage, entity, { token: first })
      await late.synced
      const asked = open(stage, entity, { token: () => first })
      expect(() => asked.setToken('another')).toThrow(TypeError)
    },
    { flags: AUTH },
  )

  stageTest(
    '[U79] a link that no token was good for is made with the new text, the last of them',
    async (stage) => {
      const ann = open(stage, stage.entity())
      await until('it is said', stage.deadline, () => ann.status.link.is === 'needs-auth')
      ann.setToken('nonsense')
      ann.setToken(tokenOf({ grants: [{ entity: '**', may: 'write' }] }))
      await until('ann is in', PROMPT_MS, () => ann.status.link.is === 'online')
    },
    { flags: AUTH },
  )
})

describe('who shares a device', () => {
  for (const where of ['in memory', 'in a folder']) {
    stageTest(
      `[U75] [U76] two users, ${where}: neither has the edits of the other`,
      async (stage) => {
        const entity = stage.entity()
        const folder = where === 'in memory' ? undefined : stage.folder()
        const as = (keepAs: string) => open(stage, entity, { keepAs, folder })
        /** What he wrote who is offline, and then signs out. */
        const leave = async (keepAs: string) => {
          const handle = as(keepAs)
          handle.disconnect()
          handle.doc.getText().insert(0, keepAs)
          await handle.setAside()
          await handle.destroy()
        }
        const text = ({ doc }: ReturnType<typeof connect>) => doc.getText().toString()
        await leave('ann')
        const bob = as('bob')
        const nobody = open(stage, entity, { folder })
        await Promise.all([bob.synced, nobody.synced])
        bob.doc.getText().insert(0, '-')
        await bob.saved({ timeoutMs: stage.deadline })
        expect(text(bob)).toBe('-')
        expect(text(nobody), 'of him he has what the server has').toBe('-')

        await leave('ann')
        const ann = as('ann')
        const url = base(stage)
        await expect(forgetDevice({ url, keepAs: 'ann', folder })).rejects.toThrow('In use')
        await ann.saved({ timeoutMs: stage.deadline })
        await until('it comes to bob', stage.deadline, () => text(bob).length === 7)
        await ann.destroy()

        await leave('ann')
        await leave('b')
        await forgetDevice({ url, keepAs: 'ann', folder })
        const again = as('ann')
        await again.synced
        await again.saved({ timeoutMs: stage.deadline })
        expect(text(again)).toBe(text(bob))
        expect(text(again)).toHaveLength(7)
        const b = as('b')
        await b.saved({ timeoutMs: stage.deadline })
        expect(text(b), 'what another has left is there').toContain('b')
        await expect(forgetDevice({ url: 'nowhere' })).rejects.toThrow(TypeError)
      },
    )
  }
})

describe('[V37] an address with too much behind it', () => {
  stageTest('is denied for good, in words that say what to leave out', async (stage) => {
    const handle = connect(`${base(stage)}/sync`, stage.entity())
    stage.atEnd(() => handle.destroy())
    await until('it is denied', stage.deadline, () => handle.status.link.is === 'denied')
    expect(handle.status.link).toEqual({
      ...{ is: 'denied', code: 'no-such-door' },
      reason: expect.stringContaining('give connect() its address without /sync,'),
    })
  })
})
