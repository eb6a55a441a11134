import { type RedisServer, startRedis } from './redis-server.ts'
import { TcpProxy } from './tcp-proxy.ts'

/** A Redis and its replica, behind an address that a failover plugs into the other one. */
export interface RedisPair {
  /** Where nodes connect. */
  readonly url: string
  readonly first: RedisServer
  readonly second: RedisServer
  /** From now on the replica gets nothing more; it has all that was written before. */
  cutReplica(): Promise<void>
  /** The replica is the master now. Every connection to the old one breaks. */
  failOver(): Promise<void>
  stop(): Promise<void>
}

export async function startRedisPair(): Promise<RedisPair> {
  // A replica is else made to wait for others that might want the same copy.
  const options = ['--repl-diskless-sync-delay', '0']
  const [first, second] = await Promise.all([startRedis(options), startRedis()])
  const [front, wire] = await Promise.all([TcpProxy.start(first.port), TcpProxy.start(first.port)])
  await second.client.replicaof('127.0.0.1', wire.port)
  const hasAll = async () => {
    // One tiny write: WAIT is about what its own connection wrote.
    await first.client.publish('pair', '')
    for (;;) if ((await first.client.wait(1, 1_000)) === 1) return
  }
  return {
    url: `redis://127.0.0.1:${front.port}`,
    first,
    second,
    async cutReplica() {
      await hasAll()
      wire.plugInto(null)
      wire.cut()
    },
    async failOver() {
      await second.client.replicaof('NO', 'ONE')
      front.plugInto(second.port)
      front.cut()
    },
    async stop() {
      await Promise.all([front.close(), wire.close()])
      await Promise.all([first.stop(), second.stop()])
    },
  }
}
