import { afterAll, afterEach, beforeAll, beforeEach } from 'vitest'
import { type RedisServer, startRedis } from './redis-server.ts'
import { type Node, type NodeOptions, openNode } from './redis-store.ts'

/** That of the test file that runs. */
export let server: RedisServer
/** That of the test that runs. */
export let node: Node
const nodes: Node[] = []

/** A test file has a Redis of its own. */
export function redisForFile(): void {
  beforeAll(async () => {
    server = await startRedis()
  })
  afterAll(() => server.stop())
}

/** Each test begins with an empty Redis and one node on it. All that join end with it. */
export function nodeForEach(options: NodeOptions = {}): void {
  beforeEach(async () => {
    await server.client.flushall()
    node = await join(options)
  })
  afterEach(async () => {
    await Promise.all(nodes.splice(0).map((one) => one.close()))
  })
}

/** One more node, which ends with the test. @param url another way to the same Redis. */
export async function join(options: NodeOptions = {}, url = server.url): Promise<Node> {
  const joined = await openNode(url, options)
  nodes.push(joined)
  return joined
}
