import { expect, test } from 'vitest'
import { Cluster, type ClusterOptions } from './cluster.ts'
import { Deadline } from './deadline.ts'
import { DEAD_DEADLINE, DEADLINE, deadPort, perform, Stage, TEST_MS } from './stage.ts'

export interface ClusterTestOptions extends ClusterOptions {
  /** Of the test, in ms. */
  readonly timeout?: number
  /** Beside the others of its kind: for tests that mostly wait for a time the fault has. */
  readonly concurrent?: boolean
}

/** A test on nodes and a Redis of its own. */
export function clusterTest(
  title: string,
  body: (cluster: Cluster, stage: Stage) => Promise<void>,
  { timeout = TEST_MS, concurrent = false, ...options }: ClusterTestOptions = {},
): void {
  test(title, { timeout, concurrent }, () =>
    perform(new Stage(null, 0, DEADLINE), async (stage) => {
      await body(await Cluster.start(stage, options), stage)
    }),
  )
}

/**
 * A test of stock clients at several doors, run twice: on a cluster, where it must pass, and on a
 * port where nobody answers, where it must run out of time.
 */
export function clusterStockTest(
  title: string,
  body: (doors: readonly string[], stage: Stage) => Promise<void>,
  { timeout = TEST_MS, nodes = 3, ...options }: ClusterTestOptions = {},
): void {
  clusterTest(
    title,
    (cluster, stage) =>
      body(
        cluster.nodes.map(({ door }) => door),
        stage,
      ),
    {
      ...options,
      timeout,
      nodes,
    },
  )
  test(`without a server fails: ${title}`, { timeout: 20_000 }, async () => {
    const dead = await deadPort()
    try {
      const stage = new Stage(null, dead.port, DEAD_DEADLINE)
      const doors = Array.from({ length: nodes }, () => stage.door)
      await expect(perform(stage, (it) => body(doors, it))).rejects.toBeInstanceOf(Deadline)
    } finally {
      dead.close()
    }
  })
}
