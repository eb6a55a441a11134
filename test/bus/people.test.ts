import { afterEach, describe, expect, test } from 'vitest'
import { MESSAGE_BYTES } from '../../src/bus/bus.ts'
import { LocalBus } from '../../src/bus/local.ts'
import { People, type PeopleMessage, type Person } from '../../src/bus/people.ts'
import { DEFAULT_TENANT, type EntityKey, type Tenant, tenant } from '../../src/core/ids.ts'
import { key } from '../contract/store.ts'
import { type BusNode, openBus } from '../support/bus-nodes.ts'
import { until } from '../support/deadline.ts'
import { RecordedLog } from '../support/recorded-log.ts'
import { redisForFile, server } from '../support/redis-scene.ts'

redisForFile()
const opened: BusNode[] = []
afterEach(async () => {
  for (const node of opened.splice(0)) await node.close()
})

let runs = 0
/** Two nodes, each with its people and what they are told. */
async function nodes() {
  const prefix = `people${runs++}:`
  const all = ['a', 'b'].map((name) => {
    const node = openBus(server.url, name, { prefix })
    opened.push(node)
    const logger = new RecordedLog()
    const people = new People(node.bus, logger)
    const told: string[] = []
    people.onMessage(({ tenant: of, actor, kind, bytes }) =>
      told.push(`${of}/${actor ?? '*'} ${kind} ${Buffer.from(bytes)}`),
    )
    return { node, people, told, logger }
  })
  const [a, b] = all as [(typeof all)[0], (typeof all)[0]]
  await until('both', 5_000, () => all.every(({ node }) => node.bus.nodes().length === 2))
  return { a, b, joined: () => Promise.all(all.map(({ node }) => node.link.call('PING'))) }
}

/** Somebody who writes down how they were sent away. */
class Guest implements Person {
  readonly actor: string
  readonly tenant: Tenant
  readonly entity: EntityKey
  readonly codes: string[] = []

  constructor(actor: string, options: { tenant?: Tenant; entity?: EntityKey } = {}) {
    this.actor = actor
    this.tenant = options.tenant ?? DEFAULT_TENANT
    this.entity = options.entity ?? key('notes')
  }

  sendAway(code: string): void {
    this.codes.push(code)
  }
}

const message = (more: Partial<PeopleMessage>): PeopleMessage => ({
  tenant: 'default',
  actor: 'ann',
  kind: 'hello',
  bytes: Buffer.from('hi'),
  ...more,
})

describe('messages to people', () => {
  test('[N10] reach the nodes where they are, once, and no others', async () => {
    const { a, b, joined } = await nodes()
    const ann = [new Guest('ann'), new Guest('ann', { entity: key('other') })]
    for (const one of ann) b.people.enter(one)
    b.people.enter(new Guest('ann', { tenant: tenant('elsewhere') }))
    a.people.enter(new Guest('bob'))
    await joined()
    a.people.send(message({}))
    a.people.send(message({ actor: null, kind: 'all' }))
    a.people.send(message({ tenant: 'elsewhere' }))
    a.people.send(message({ tenant: 'nowhere' }))
    await until('all of it', 5_000, () => b.told.length === 3)
    expect(b.told).toEqual(['default/ann hello hi', 'default/* all hi', 'elsewhere/ann hello hi'])
    expect(a.told).toEqual(['default/* all hi'])
    for (const one of ann) b.people.leave(one)
    a.people.send(message({}))
    a.people.send(message({ tenant: 'elsewhere', kind: 'last' }))
    await until('the last', 5_000, () => b.told.at(-1) === 'elsewhere/ann last hi')
    expect(b.told).toHaveLength(4)
  })

  test('[N10] are listened to while somebody of the tenant is there', async () => {
    const { a, joined } = await nodes()
    const channel = a.node.link.names.tenantChannel(DEFAULT_TENANT)
    const listening = async () => (await server.client.pubsub('NUMSUB', channel))[1]
    const [one, two] = [new Guest('ann'), new Guest('ann')]
    a.people.enter(one)
    a.people.enter(two)
    await joined()
    await until('it listens', 5_000, async () => (await listening()) === 1)
    a.people.leave(one)
    a.people.leave(one)
    expect(await listening()).toBe(1)
    a.people.leave(two)
    await until('nobody listens', 5_000, async () => (await listening()) === 0)
  })

  test('[N3] [N10] that cannot be one are refused in words', () => {
    const people = new People(new LocalBus('alone'))
    const bad: Partial<PeopleMessage>[] = [
      { kind: 'no kind' },
      { bytes: Buffer.alloc(MESSAGE_BYTES) },
    ]
    for (const one of bad) expect(() => people.send(message(one))).toThrow(TypeError)
    for (const one of [{ tenant: 'a/b' }, { actor: '' }]) {
      expect(() => people.send(message(one))).toThrow(/name/)
      expect(() => people.kick({ tenant: 'default', actor: 'ann', ...one })).toThrow(/name/)
    }
    expect(() => people.kick({ tenant: 'default', entity: '' })).toThrow('entity id')
  })

  test('[T20] Hocuspocus dies of a hook that throws: here the others hear, and the node goes on', async () => {
    const { a, b, joined } = await nodes()
    const [here, there] = [a, b].map(({ people, told, logger }) => {
      // It is asked before all that come later.
      people.onMessage(() => {
        throw new Error('what an embedder wrote')
      })
      people.onMessage(async () => {
        throw new TypeError('and later')
      })
      people.onMessage(({ kind }) => told.push(`after them: ${kind}`))
      people.enter(new Guest('ann'))
      return { told, logger }
    }) as [Pick<typeof a, 'told' | 'logger'>, Pick<typeof a, 'told' | 'logger'>]
    await joined()
    for (const kind of ['one', 'two']) a.people.send(message({ kind }))
    const expected = ['one', 'two'].flatMap((kind) => [
      `default/ann ${kind} hi`,
      `after them: ${kind}`,
    ])
    for (const { told, logger } of [here, there]) {
      await until('all of it', 5_000, () => told.length === expected.length)
      expect(told).toEqual(expected)
      const failures = () => logger.events.filter((event) => /people failed/.test(event))
      await until('it is told', 5_000, () => failures().length === 4)
    }
    // Whatever else is on that connection goes on.
    b.people.send(message({ kind: 'back' }))
    await until('it is heard', 5_000, () => a.told.includes('default/ann back hi'))
  })

  test('[N10] that nobody can read are passed over', async () => {
    const { a, b, joined } = await nodes()
    const ann = new Guest('ann')
    b.people.enter(ann)
    await joined()
    const topic = { is: 'tenant', tenant: DEFAULT_TENANT } as const
    for (const text of ['', '{', '1', 'null', '\u0000\u0004null', '\u0000\u0009{']) {
      a.node.bus.publish(topic, 'people', Buffer.from(text))
      a.node.bus.publish(topic, 'kick', Buffer.from(text))
    }
    a.people.send(message({}))
    await until('the last', 5_000, () => b.told.length > 0)
    expect(b.told).toEqual(['default/ann hello hi'])
    expect(ann.codes).toEqual([])
  })
})

describe('sending away', () => {
  test('[N11] ends what a user, an entity, or a user on an entity has, on every node', async () => {
    const { a, b, joined } = await nodes()
    const guests = {
      annHere: new Guest('ann'),
      annThere: new Guest('ann'),
      annElsewhere: new Guest('ann', { tenant: tenant('elsewhere') }),
      annOther: new Guest('ann', { entity: key('other') }),
      bob: new Guest('bob'),
    }
    a.people.enter(guests.annHere)
    for (const one of Object.values(guests).slice(1)) b.people.enter(one)
    await joined()
    const codes = () => Object.values(guests).map((guest) => guest.codes.splice(0).join(' '))
    const all = async (expected: string[]) => {
      const heard: string[][] = []
      await until('the others', 5_000, () => {
        heard.push(codes())
        return heard.flat().filter((code) => code !== '').length >= expected.filter(Boolean).length
      })
      const merged = expected.map((_, at) => heard.map((row) => row[at]).join(''))
      expect(merged).toEqual(expected)
    }
    a.people.kick({ tenant: 'default', actor: 'ann' })
    await all(['kicked', 'kicked', '', 'kicked', ''])
    a.people.kick({ tenant: 'default', actor: 'ann', entity: 'other' })
    await all(['', '', '', 'kicked', ''])
    b.people.kick({ tenant: 'default', entity: 'notes' }, true)
    await all(['not-available', 'not-available', '', '', 'not-available'])
  })

  test('[N12] looks at nobody else', () => {
    const people = new People(new LocalBus('alone'))
    let looks = 0
    const bystander = (actor: string): Person => ({
      actor,
      tenant: DEFAULT_TENANT,
      get entity() {
        looks++
        return key('notes')
      },
      sendAway: () => looks++,
    })
    for (let n = 0; n < 1_000; n++) people.enter(bystander(`user ${n}`))
    const [one, two] = [new Guest('ann'), new Guest('ann')]
    people.enter(one)
    people.enter(two)
    expect(people.count('default', 'ann')).toBe(2)
    people.kick({ tenant: 'default', actor: 'ann', entity: 'notes' })
    expect([one.codes, two.codes, looks]).toEqual([['kicked'], ['kicked'], 0])
    people.leave(one)
    people.leave(two)
    expect(people.count('default', 'ann')).toBe(0)
  })
})
