import { onTestFinished } from 'vitest'
import type { Limits, Paces } from '../../src/core/limits.ts'
import { CALM, type Nature } from './sim-nature.ts'
import { SimWorld } from './sim-world.ts'

export interface CalmOptions extends Partial<Omit<Nature, 'node'>> {
  readonly limits?: Partial<Limits>
  readonly paces?: Partial<Paces>
  readonly seed?: number
}

/** A world in which nothing happens but what the test does; the node is started. Ends with the test. */
export async function calmWorld(options: CalmOptions = {}): Promise<SimWorld> {
  const { limits, paces, seed = 1, ...rest } = options
  const node = {
    ...CALM.node,
    limits: { ...CALM.node.limits, ...limits },
    paces: { ...CALM.node.paces, ...paces },
  }
  const world = new SimWorld(seed, { nature: () => ({ ...CALM, ...rest, node }) })
  onTestFinished(() => world.close())
  await world.start()
  return world
}
