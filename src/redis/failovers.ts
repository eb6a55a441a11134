import { Redis } from 'ioredis'
import { toSentinel } from './connection-options.ts'
import type { RedisPlace } from './place.ts'

/** What a Sentinel says: the name of the master, the old address and the new one. */
const CHANNEL = '+switch-master'

/**
 * Listens to the Sentinels of a place for failovers: a master that was replaced may still be there,
 * and take what will be lost. Without Sentinels there is nothing to listen to.
 *
 * (ioredis has it too, for each connection anew: three times as many, on which no one listens for
 * errors, so that each is written to stderr.)
 *
 * @returns what ends that.
 */
export function listenForFailovers(place: RedisPlace, onFailover: () => void): () => void {
  const { sentinels } = place
  if (sentinels === undefined) return () => {}
  const clients = sentinels.at.map(({ host, port }) => {
    const client = new Redis({ ...toSentinel(place), host, port })
    // It is tried again; who cannot reach the master says more.
    client.on('error', () => {})
    client.on('ready', () => void client.subscribe(CHANNEL).catch(() => client.disconnect(true)))
    client.on('message', (_channel, message) => {
      if (message.split(' ')[0] === sentinels.master) onFailover()
    })
    client.connect().catch(() => {})
    return client
  })
  return () => {
    for (const client of clients) client.disconnect()
  }
}
