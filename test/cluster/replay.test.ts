import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { concurrentTrace } from '../support/generator.ts'
import { type RedisServer, startRedis } from '../support/redis-server.ts'
import { replay } from '../support/run-replay.ts'
import { Seeded, seedOfRun } from '../support/seeded.ts'

const seed = seedOfRun()
let redis: RedisServer
beforeAll(async () => {
  redis = await startRedis()
})
afterAll(() => redis.stop())

describe('npm run replay on many nodes', { timeout: 90_000 }, () => {
  test(`[Y12] [L54] each of three writers on a node of his own (seed ${seed})`, async () => {
    const trace = concurrentTrace(new Seeded(seed), 3, 600)
    const { code, said } = await replay('nodes.json', trace, ['--redis', redis.url])
    expect(said).toMatch(/^ok nodes\.json: 600 transactions of 3 author\(s\) on 3 nodes, /)
    expect(code).toBe(0)
  })

  test('[Y12] a recording that ended otherwise fails there too', async () => {
    const trace = concurrentTrace(new Seeded(7), 2, 60)
    const other = { ...trace, endContent: `!${trace.endContent}` }
    const { code, said } = await replay('other.json', other, ['--redis', redis.url])
    expect(said).toMatch(/^FAILED .* on 2 nodes, .*author 0 differs at 0 .*a new client differs/)
    expect(code).toBe(1)
  })
})
