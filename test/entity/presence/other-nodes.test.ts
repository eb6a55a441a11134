import { beforeEach, expect, test } from 'vitest'
import type { Departure } from '../../../src/bus/bus.ts'
import { LocalBus } from '../../../src/bus/local.ts'
import { OtherNodes } from '../../../src/entity/presence/other-nodes.ts'
import { ManualClock } from '../../support/manual-clock.ts'

/** A bus on which a test says what befalls others. */
class ToldBus extends LocalBus {
  gone: (node: string, how: Departure) => void = () => {}
  gap: (forgotten: boolean) => void = () => {}

  override onGone(fn: (node: string, how: Departure) => void) {
    this.gone = fn
    return () => {
      this.gone = () => {}
    }
  }
  override onGap(fn: (forgotten: boolean) => void) {
    this.gap = fn
    return () => {
      this.gap = () => {}
    }
  }
}

/** An entity that writes down what it is told. */
class Told {
  readonly told: string[] = []
  closed = false
  members: number

  constructor(members = 1) {
    this.members = members
  }
  nodeGone(node: string) {
    this.told.push(`gone ${node}`)
  }
  refreshPresence(forgotten: boolean) {
    this.told.push(`refresh ${forgotten}`)
  }
}

let clock: ManualClock
let bus: ToldBus
beforeEach(() => {
  clock = new ManualClock()
  bus = new ToldBus('here')
})

test('[A18] a node that died takes its people along at once, one that stopped after 6 s', () => {
  const entity = new Told()
  new OtherNodes({ bus, clock, entities: [entity] })
  bus.gone('dead', 'silent')
  expect(entity.told).toEqual(['gone dead'])
  bus.gone('stopped', 'stopped')
  clock.advance(5_900)
  expect(entity.told).toEqual(['gone dead'])
  clock.advance(100)
  expect(entity.told).toEqual(['gone dead', 'gone stopped'])
})

test('[A19] after a gap entities with members are told, so many at once, and those closed meanwhile not', () => {
  const entities = Array.from({ length: 500 }, () => new Told())
  const empty = new Told(0)
  const others = new OtherNodes({ bus, clock, entities: [empty, ...entities] })
  const refreshed = () => entities.filter(({ told }) => told.length > 0).length
  bus.gap(false)
  bus.gap(true)
  bus.gap(false)
  clock.advance(20)
  expect(refreshed()).toBe(200)
  const last = entities.at(-1) as Told
  last.closed = true
  clock.advance(20)
  expect(refreshed()).toBe(400)
  clock.advance(1_000)
  expect(refreshed()).toBe(499)
  // One that may have been forgotten is, whatever else is heard.
  expect(new Set(entities.flatMap(({ told }) => told))).toEqual(new Set(['refresh true']))
  expect([...last.told, ...empty.told]).toEqual([])
  bus.gap(false)
  clock.advance(1_000)
  expect(entities[0]?.told).toEqual(['refresh true', 'refresh false'])
  bus.gap(false)
  bus.gone('stopped', 'stopped')
  others.close()
  expect(clock.pending).toBe(0)
})
