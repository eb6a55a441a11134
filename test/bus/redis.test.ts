import { afterEach, describe, expect, test } from 'vitest'
import type { Topic } from '../../src/bus/bus.ts'
import { DEFAULT_TENANT, tenant } from '../../src/core/ids.ts'
import { SYSTEM_CLOCK } from '../../src/ops/system.ts'
import { busContract } from '../contract/bus.contract.ts'
import { key } from '../contract/store.ts'
import { type BusNode, type BusNodeOptions, openBus } from '../support/bus-nodes.ts'
import { until } from '../support/deadline.ts'
import { ManualClock } from '../support/manual-clock.ts'
import { redisForFile, server } from '../support/redis-scene.ts'

redisForFile()
const opened: BusNode[] = []
afterEach(async () => {
  for (const node of opened.splice(0)) await node.close()
})

/** Turns of the loop are real, what is waited for is not. */
class TestClock extends ManualClock {
  override soon(fn: () => void) {
    return SYSTEM_CLOCK.soon(fn)
  }
}

let runs = 0
/** Each test has a prefix of its own: nodes of others are not heard. */
let prefix = ''
const open = (name: string, options: BusNodeOptions = {}): BusNode => {
  const node = openBus(server.url, name, { prefix, ...options })
  opened.push(node)
  return node
}
const fresh = () => {
  prefix = `test${runs++}:`
}

busContract('redis', async () => {
  fresh()
  const node = open('one')
  await node.link.whenReady()
  return node.bus
})

/** Nodes that know each other. */
async function nodes(...names: string[]): Promise<BusNode[]> {
  fresh()
  const all = names.map((name) => open(name))
  await until('all know all', 5_000, () =>
    all.every(({ bus }) => bus.nodes().length === names.length),
  )
  return all
}

/** Until all that these have said to each other so far has come. */
async function abreast(...all: BusNode[]): Promise<void> {
  const heard = all.map((node) => hearing(node, { is: 'nodes' }))
  for (const { bus } of all) bus.publish({ is: 'nodes' }, 'abreast', Buffer.alloc(0))
  const words = (one: string[]) => one.filter((line) => line.includes('abreast')).length
  await until('all are abreast', 5_000, () => heard.every((one) => words(one) === all.length - 1))
}

const ENTITY: Topic = { is: 'entity', entity: key('notes') }

/** Writes down what is heard, as `from kind text`. */
function hearing({ bus }: BusNode, topic: Topic): string[] {
  const heard: string[] = []
  bus.listen(topic, (kind, bytes, from) => heard.push(`${from} ${kind} ${Buffer.from(bytes)}`))
  return heard
}

/** Until what was listened to before is joined. */
const joined = ({ link }: BusNode) => link.call('PING')

describe('messages', () => {
  test('[N2] reach all others who listen, in order, and nobody else', async () => {
    const [a, b, c] = (await nodes('a', 'b', 'c')) as [BusNode, BusNode, BusNode]
    const [atA, atB] = [hearing(a, ENTITY), hearing(b, ENTITY)]
    const elsewhere = [
      hearing(c, { is: 'entity', entity: key('other') }),
      hearing(c, { is: 'tenant', tenant: tenant('other') }),
    ]
    const atC = hearing(c, { is: 'tenant', tenant: DEFAULT_TENANT })
    await Promise.all([a, b, c].map(joined))
    for (let i = 0; i < 100; i++) a.bus.publish(ENTITY, 'count', Buffer.from(String(i)))
    a.bus.publish({ is: 'tenant', tenant: DEFAULT_TENANT }, 'all', Buffer.from('!'))
    await until('all of it', 5_000, () => atB.length === 100 && atC.length === 1)
    expect(atB).toEqual(Array.from({ length: 100 }, (_, i) => `a count ${i}`))
    expect(atC).toEqual(['a all !'])
    expect([...atA, ...elsewhere.flat()]).toEqual([])
  })

  test('[N2] one PUBLISH each, and about an entity over the channel of its log', async () => {
    const [a, b] = (await nodes('a', 'b')) as [BusNode, BusNode]
    const channel = b.link.names.channel(key('notes'))
    const leave = await b.link.channels.listen(channel, () => {})
    const stop = b.bus.listen(ENTITY, () => {})
    const heard = hearing(b, ENTITY)
    const calls = async () => {
      const info = await server.client.info('commandstats')
      const of = (name: string) =>
        Number(new RegExp(`cmdstat_${name}:calls=(\\d+)`).exec(info)?.[1])
      return { publish: of('publish'), subscribe: of('subscribe') }
    }
    const before = await calls()
    for (let i = 0; i < 50; i++) a.bus.publish(ENTITY, 'count', Buffer.from(String(i)))
    await until('all of it', 5_000, () => heard.length === 50)
    const after = await calls()
    // Heart beats may come in between.
    expect(after.publish - before.publish).toBeLessThanOrEqual(52)
    expect(after.subscribe).toBe(before.subscribe)
    stop()
    leave()
    a.bus.publish(ENTITY, 'count', Buffer.from('more'))
    await until('the last one goes on', 5_000, () => heard.at(-1) === 'a count more')
  })

  test('[N3] are dropped and counted while there is no connection', async () => {
    fresh()
    const node = openBus('redis://127.0.0.1:1', 'a', { prefix })
    opened.push(node)
    node.bus.publish(ENTITY, 'count', Uint8Array.of(1))
    node.bus.publish(ENTITY, 'count', Uint8Array.of(2))
    await until('both', 5_000, () => node.metrics.busDropped.value === 2)
  })

  test('[N3] are dropped and counted when they are too many at once', async () => {
    const [a, b] = (await nodes('a', 'b')) as [BusNode, BusNode]
    const heard = hearing(b, ENTITY)
    await joined(b)
    const large = Buffer.alloc(60_000)
    for (let i = 0; i < 200; i++) a.bus.publish(ENTITY, 'much', large)
    await until('the rest', 5_000, () => heard.length + a.metrics.busDropped.value === 200)
    expect(a.metrics.busDropped.value).toBeGreaterThan(40)
    a.bus.publish(ENTITY, 'again', Buffer.alloc(0))
    await until('it goes on', 5_000, () => heard.at(-1) === 'a again ')
  })

  test('[N2] who listened before there was a connection hears from then on', async () => {
    fresh()
    const [a, b] = [open('a'), open('b')]
    const heard = hearing(b, ENTITY)
    await until('both know both', 5_000, () => [a, b].every(({ bus }) => bus.nodes().length === 2))
    a.bus.publish(ENTITY, 'word', Buffer.alloc(0))
    await until('the word', 5_000, () => heard.length === 1)
  })
})

describe('nodes', () => {
  test('[N1] know each other as soon as one is there', async () => {
    const all = await nodes('c', 'a', 'b')
    for (const { bus } of all) expect(bus.nodes()).toEqual(['a', 'b', 'c'])
  })

  test('[N8] that come make no gap for those who are there', async () => {
    const [a, b] = (await nodes('a', 'b')) as [BusNode, BusNode]
    let gaps = 0
    for (const { bus } of [a, b]) bus.onGap(() => gaps++)
    const c = open('c')
    const all = [a, b, c]
    await until('all know all', 5_000, () => all.every(({ bus }) => bus.nodes().length === 3))
    // What is answered to what was said about that too.
    await abreast(...all)
    await abreast(...all)
    expect(gaps).toBe(0)
  })

  test('[N8] that are heard again by whatever they say are told that they were gone', async () => {
    fresh()
    const clock = new TestClock()
    const a = open('a', { clock })
    const b = open('b', { clock: new TestClock() })
    await until('both', 5_000, () => [a, b].every(({ bus }) => bus.nodes().length === 2))
    await abreast(a, b)
    let gaps = 0
    b.bus.onGap(() => gaps++)
    clock.advance(10_000)
    b.bus.publish({ is: 'nodes' }, 'word', Buffer.alloc(0))
    await until('it knows', 5_000, () => gaps === 1)
  })

  test('[N7] that stop in order are gone at once, said once', async () => {
    const [a, b] = (await nodes('a', 'b')) as [BusNode, BusNode]
    const gone: string[] = []
    a.bus.onGone((node, how) => gone.push(`${node} ${how}`))
    await b.close()
    await until('b is gone', 1_000, () => gone.length > 0)
    expect(gone).toEqual(['b stopped'])
    expect(a.bus.nodes()).toEqual(['a'])
  })

  test('[N6] that say nothing more are gone after 8 s, and not before', async () => {
    fresh()
    const clock = new TestClock()
    const a = open('a', { clock })
    const b = open('b', { clock: new TestClock() })
    await until('both', 5_000, () => [a, b].every(({ bus }) => bus.nodes().length === 2))
    await abreast(a, b)
    const gone: string[] = []
    a.bus.onGone((node, how) => gone.push(`${node} ${how}`))
    clock.advance(8_000)
    expect(gone).toEqual([])
    clock.advance(2_000)
    expect(gone).toEqual(['b silent'])
    expect(a.bus.nodes()).toEqual(['a'])
  })

  test('[N6] one that stood still takes nobody for gone', async () => {
    fresh()
    const clock = new TestClock()
    const a = open('a', { clock })
    const b = open('b', { clock: new TestClock() })
    await until('both', 5_000, () => [a, b].every(({ bus }) => bus.nodes().length === 2))
    await abreast(a, b)
    // The timers of a process that goes on fire once, before it reads what waits in its sockets.
    clock.now += 60_000
    clock.advance(0)
    expect(a.bus.nodes()).toEqual(['a', 'b'])
  })

  test('[N8] one that was taken for gone is told so, and what it has said in vain it says again', async () => {
    fresh()
    const clock = new TestClock()
    const other = new TestClock()
    const a = open('a', { clock })
    const b = open('b', { clock: other })
    await until('both', 5_000, () => [a, b].every(({ bus }) => bus.nodes().length === 2))
    await abreast(a, b)
    let gaps = 0
    b.bus.onGap(() => gaps++)
    clock.advance(10_000)
    expect(a.bus.nodes()).toEqual(['a'])
    other.advance(2_000)
    await until('it is there again', 5_000, () => a.bus.nodes().length === 2)
    await until('it knows', 5_000, () => gaps === 1)
    expect(b.bus.nodes()).toEqual(['a', 'b'])
  })

  test('[N8] a connection that was lost is a gap, and makes nobody gone', async () => {
    const [a, b] = (await nodes('a', 'b')) as [BusNode, BusNode]
    const heard = hearing(b, ENTITY)
    await joined(b)
    let gaps = 0
    b.bus.onGap(() => gaps++)
    await server.kill()
    await until('it is noticed', 5_000, () => b.link.state.is === 'connecting')
    await server.restart()
    await until('it is told', 8_000, () => gaps === 1)
    expect(a.bus.nodes()).toEqual(['a', 'b'])
    await until('both are there', 8_000, () => a.link.state.is === 'ready')
    a.bus.publish(ENTITY, 'again', Buffer.alloc(0))
    await until('it goes on', 5_000, () => heard.length === 1)
  })
})
