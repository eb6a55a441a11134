import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { SILENT } from '../../src/core/logger.ts'
import { SYSTEM_RANDOM } from '../../src/ops/system.ts'
import { RedisLink } from '../../src/redis/link.ts'
import { readRedisUrl } from '../../src/redis/place.ts'
import { Probe } from '../../src/redis/probe.ts'
import { until } from '../support/deadline.ts'
import { ManualClock } from '../support/manual-clock.ts'
import { type OneWay, oneWayTo } from '../support/one-way.ts'
import { type RedisServer, startRedis } from '../support/redis-server.ts'

let server: RedisServer
const closing: (() => unknown)[] = []
beforeAll(async () => {
  server = await startRedis()
})
afterAll(() => server.stop())
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close()
})

/** A link through a wire of its own, whose probe looks when a test says so. */
async function probed(wire?: OneWay) {
  const way = wire ?? (await oneWayTo(server.port))
  if (wire === undefined) closing.push(() => way.close())
  const place = readRedisUrl(way.url)
  const link = new RedisLink({ place, random: SYSTEM_RANDOM, logger: SILENT })
  closing.push(() => link.close())
  const clock = new ManualClock()
  let dead = 0
  const probe = new Probe(link, { name: 'node', clock, onDead: () => dead++ })
  closing.push(() => probe.close())
  const channel = link.names.probeChannel('node')
  const look = async () => {
    clock.advance(1_000)
    // Redis has answered what was published before this.
    if (link.state.is === 'ready') await link.call('PING')
  }
  const isJoined = async () => ((await server.client.pubsub('NUMSUB', channel))[1] as number) > 0
  await link.whenReady()
  await until('the probe listens', 5_000, isJoined)
  return { link, way, clock, probe, look, isJoined, channel, dead: () => dead }
}

describe('[N9] a probe of the subscriptions', () => {
  test('finds them dead while the connection stands, and has them made anew', async () => {
    const { link, way, look, isJoined, dead } = await probed()
    const heard: string[] = []
    await link.channels.listen('news', (message) => heard.push(String(message)))
    let gaps = 0
    link.onState(({ is }) => {
      if (is === 'ready') gaps++
    })
    await look()
    way.deafen()
    await until('it is deaf', 5_000, async () => !(await isJoined()))
    await server.client.publish('news', 'missed')
    // 2 s of silence, 2 s for the probe.
    for (let n = 0; n < 5; n++) await look()
    expect(dead()).toBe(1)
    await until('it is told', 5_000, () => gaps === 1)
    await server.client.publish('news', 'heard')
    await until('it hears', 5_000, () => heard.length > 0)
    expect(heard).toEqual(['heard'])
  })

  test('leaves alone what is only quiet, and says nothing while something comes', async () => {
    const { link, look, channel, dead } = await probed()
    const probes: string[] = []
    const { client } = server
    const spy = client.duplicate()
    closing.push(() => spy.disconnect())
    spy.on('message', (name: string) => probes.push(name))
    await spy.subscribe(channel)
    // Looks follow one another without a second in between: what was sent has to come first.
    const published = async () =>
      Number(/cmdstat_publish:calls=(\d+)/.exec(await client.info('commandstats'))?.[1] ?? 0)
    for (let n = 0; n < 20; n++) {
      const [{ heard }, sent] = [link.channels, await published()]
      await look()
      if ((await published()) > sent) {
        await until('it is back', 5_000, () => link.channels.heard > heard)
      }
    }
    expect(dead()).toBe(0)
    expect(link.state.is).toBe('ready')
    // Each of them is itself something that comes.
    await until('probes', 5_000, () => probes.length >= 4)
    expect(probes.length).toBeLessThanOrEqual(8)

    await link.channels.listen('news', () => {})
    const before = probes.length
    for (let n = 0; n < 10; n++) {
      const { heard } = link.channels
      await client.publish('news', '!')
      await until('it comes', 5_000, () => link.channels.heard > heard)
      await look()
    }
    expect(probes.length).toBe(before)
  })

  test('blames nobody while Redis answers nothing, and leaves no timer behind', async () => {
    const wire = await oneWayTo(server.port)
    closing.push(() => wire.close())
    const { clock, probe, dead } = await probed(wire)
    wire.mute(true)
    clock.advance(20_000)
    expect(dead()).toBe(0)
    probe.close()
    expect(clock.pending).toBe(0)
  })
})
