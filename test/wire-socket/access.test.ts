import { describe, expect, test } from 'vitest'
import * as Y from 'yjs'
import { until } from '../support/deadline.ts'
import * as frames from '../support/frames.ts'
import type { RawClient } from '../support/raw-client.ts'
import { type Stage, stageTest } from '../support/stage.ts'
import { mayAll, SECRET, tokenOf } from '../support/tokens.ts'

const AUTH = ['--auth-secret', SECRET]
const HOUR = 3_600
const now = () => Math.floor(Date.now() / 1_000)

const ROLES: Readonly<Record<string, () => string | null>> = {
  'without a token': () => null,
  'with rubbish for a token': () => 'rubbish',
  'with another secret': () =>
    tokenOf({ grants: [{ entity: '**', may: 'admin' }] }, 'x'.repeat(40)),
  'with an old token': () =>
    tokenOf({ grants: [{ entity: '**', may: 'admin' }], exp: now() - HOUR }),
  'without a grant for it': () => tokenOf({ grants: [{ entity: 'another', may: 'admin' }] }),
  'that may read': () => mayAll('read'),
  'that may write': () => mayAll('write'),
  'that may do all': () => mayAll('admin'),
}

/** What a client says, and what it may expect then. */
const edit = () => {
  const doc = new Y.Doc()
  doc.getText('text').insert(0, 'mine')
  return Y.encodeStateAsUpdate(doc)
}
const MESSAGES: Readonly<Record<string, () => Uint8Array>> = {
  step1: () => frames.step1(),
  'an empty step2': () => frames.step2(),
  'a step2 with an edit': () => frames.step2(edit()),
  'an update': () => frames.update(edit()),
  awareness: () => frames.awareness({ client: 7, clock: 1, state: { name: 'me' } }),
  'a question who is here': () => frames.query(),
  marker: () => frames.marker(5),
  'an unknown message': () => Uint8Array.of(77, 1),
}

const REFUSED_401 = Object.fromEntries(Object.keys(MESSAGES).map((name) => [name, 'closed 4401']))
const REFUSED_403 = Object.fromEntries(Object.keys(MESSAGES).map((name) => [name, 'closed 4403']))
const READS = {
  step1: 'answered with what is there',
  'an empty step2': 'nothing',
  'a step2 with an edit': 'refused',
  'an update': 'refused',
  awareness: 'passed on',
  'a question who is here': 'answered with who is here',
  marker: 'answered',
  'an unknown message': 'nothing',
}
const WRITES = { ...READS, 'a step2 with an edit': 'taken', 'an update': 'taken' }
const EXPECTED: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'without a token': REFUSED_401,
  'with rubbish for a token': REFUSED_401,
  'with another secret': REFUSED_401,
  'with an old token': REFUSED_401,
  'without a grant for it': REFUSED_403,
  'that may read': READS,
  'that may write': WRITES,
  'that may do all': WRITES,
}

/** One cell: somebody else is there already, has written, and watches. */
async function happens(stage: Stage, role: string, message: string): Promise<string> {
  const id = stage.entity()
  const owner = await stage.raw(`${id}?token=${mayAll('write', 'owner')}`)
  const seed = new Y.Doc()
  seed.getMap('seed').set('there', true)
  await owner.join()
  owner.send(frames.awareness({ client: 1, clock: 1, state: { name: 'owner' } }))
  owner.send(frames.update(Y.encodeStateAsUpdate(seed)))
  await owner.settled()

  const token = ROLES[role]?.() ?? null
  const client = await stage.raw(token === null ? id : `${id}?token=${token}`)
  // A claim is what comes directly behind a step1.
  if (message === 'awareness') client.send(frames.step1())
  client.send(MESSAGES[message]?.() as Uint8Array)
  if (EXPECTED[role]?.step1?.startsWith('closed')) {
    const { code } = await client.closed
    expect(client.received.map(({ is }) => is)).toEqual(['denied'])
    await owner.settled()
    expect(owner.doc().getText('text').length).toBe(0)
    return `closed ${code}`
  }
  await client.settled()
  await owner.settled()
  const taken = async () => (await observer(stage, id)).getText('text').toString() === 'mine'
  if (message === 'step1') {
    const there = client.doc().getMap('seed').get('there') === true
    return there ? 'answered with what is there' : 'lost'
  }
  if (message === 'marker') {
    return client.received.some((one) => one.is === 'marker' && one.version === 5)
      ? 'answered'
      : 'lost'
  }
  if (message === 'awareness') {
    await until('it is passed on', stage.deadline, () => hears(owner, 7))
    return 'passed on'
  }
  if (message === 'a question who is here') {
    return hears(client, 1) ? 'answered with who is here' : 'lost'
  }
  const refused = client.count('denied') > 0
  expect(client.isClosed).toBe(false)
  if (await taken()) return refused ? 'taken and refused' : 'taken'
  return refused ? 'refused' : 'nothing'
}

const hears = (client: RawClient, who: number): boolean =>
  client.received.some(
    (one) => one.is === 'awareness' && one.entries.some(({ client: id }) => id === who),
  )

/** What another is given now. */
async function observer(stage: Stage, id: string): Promise<Y.Doc> {
  return (await stage.raw(`${id}?token=${mayAll('read')}`)).join()
}

/** All messages of all those roles at once: most of it is waiting. */
const rows = async (stage: Stage, roles: readonly string[]) => {
  const row = async (role: string) => {
    const cells = Object.keys(MESSAGES).map(
      async (message) => [message, await happens(stage, role, message)] as const,
    )
    return [role, Object.fromEntries(await Promise.all(cells))] as const
  }
  return Object.fromEntries(await Promise.all(roles.map(row)))
}
const expected = (roles: readonly string[]) =>
  Object.fromEntries(roles.map((role) => [role, EXPECTED[role]]))
const [REFUSED, LET_IN] = [true, false].map((isRefused) =>
  Object.keys(ROLES).filter((role) => EXPECTED[role]?.step1?.startsWith('closed') === isRefused),
) as [string[], string[]]

describe('a client', () => {
  stageTest(
    `[G20] [G21] that is not let in: ${REFUSED.join(', ')}`,
    async (stage) => expect(await rows(stage, REFUSED)).toEqual(expected(REFUSED)),
    { flags: AUTH, concurrent: true },
  )
  stageTest(
    `[G20] [G21] that is: ${LET_IN.join(', ')}`,
    async (stage) => expect(await rows(stage, LET_IN)).toEqual(expected(LET_IN)),
    { flags: AUTH, concurrent: true },
  )

  stageTest(
    '[G22] brings its token in a header, an offered subprotocol or the query, in this order',
    async (stage) => {
      const id = stage.entity()
      const good = mayAll('write')
      const ways = {
        header: { ws: { headers: { authorization: `Bearer ${good}` } } },
        protocol: { protocols: ['tributary.sync', `tributary.token.${good}`] },
        query: {},
      }
      for (const [way, options] of Object.entries(ways)) {
        const client = await stage.raw(way === 'query' ? `${id}?token=${good}` : id, options)
        await client.join()
        expect(client.socket.protocol, way).toBe(way === 'protocol' ? 'tributary.sync' : '')
      }
      const bad = { protocols: ['tributary.sync', 'tributary.token.rubbish'] }
      const denied = await stage.raw(`${id}?token=${good}`, bad)
      expect((await denied.next('denied')).reason).not.toBe('')
      const both = await stage.raw(id, { ...bad, ...ways.header })
      await both.join()
    },
    { flags: AUTH, concurrent: true },
  )

  stageTest(
    '[G23] whose token expires is told, and its session ends after the grace',
    async (stage) => {
      const id = stage.entity()
      const grants = [{ entity: '**', may: 'write' }]
      // 60 s of leeway: this one has a second or two left.
      const client = await stage.raw(`${id}?token=${tokenOf({ grants, exp: now() - 58 })}`)
      await client.join()
      const lasting = await stage.raw(`${id}?token=${mayAll('write')}`)
      await lasting.join()
      expect((await client.next('denied')).reason).toContain('expired')
      expect(client.isClosed).toBe(false)
      await client.settled()
      expect((await client.closed).code).toBe(4401)
      expect(lasting.isClosed).toBe(false)
      expect(lasting.count('denied')).toBe(0)
    },
    { flags: [...AUTH, '--pace-grace', '1500ms'], concurrent: true },
  )

  stageTest(
    '[G24] of another tenant has another entity of the same id',
    async (stage) => {
      const id = stage.entity()
      const of = (tenant: string) => tokenOf({ tenant, grants: [{ entity: '**', may: 'write' }] })
      const one = await stage.raw(`${id}?token=${of('one')}`)
      await one.join()
      one.send(frames.update(edit()))
      await one.settled()
      const two = await stage.raw(`${id}?token=${of('two')}`)
      expect((await two.join()).getText('text').toString()).toBe('')
      const again = await stage.raw(`${id}?token=${of('one')}`)
      expect((await again.join()).getText('text').toString()).toBe('mine')
      const page = await (await fetch(`${stage.server.url}/metrics`)).text()
      expect(page).toContain('tributary_tenant_sessions{tenant="one"} 2')
      expect(page).toContain('tributary_tenant_sessions{tenant="two"} 1')
      expect(page).toMatch(/tributary_tenant_updates_total\{tenant="one"\} [1-9]/)
      expect(page).toMatch(/tributary_tenant_bytes_in_total\{tenant="one"\} [1-9]/)
    },
    { flags: AUTH, concurrent: true },
  )
})

test('[G20] every role has a row, and every message a column', () => {
  expect(Object.keys(EXPECTED)).toEqual(Object.keys(ROLES))
  expect([REFUSED.length, LET_IN.length]).toEqual([5, 3])
  for (const row of Object.values(EXPECTED)) {
    expect(Object.keys(row)).toEqual(Object.keys(MESSAGES))
  }
})
