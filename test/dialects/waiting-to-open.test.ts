import { expect, test } from 'vitest'
import { TributaryError } from '../../src/core/errors.ts'
import type { Entity } from '../../src/entity/entity.ts'
import { yWebsocketStage } from '../support/y-websocket-stage.ts'

const settle = () => new Promise((resolve) => setImmediate(resolve))

test('[R12] who waits for an entity is kept from giving up, told nothing, and sent away in the end', async () => {
  let fail: (error: TributaryError) => void = () => {}
  const loading = new Promise<Entity>((_, reject) => {
    fail = reject
  })
  const { clock, metrics, logger, written, closed, begin } = yWebsocketStage({
    open: () => loading,
  })
  const conversation = begin()
  await settle()
  clock.advance(14_000)
  expect(written).toEqual([])
  clock.advance(31_000)
  // An awareness frame without entries: clients give up after 30 s without any frame.
  expect(written).toEqual(['8203010100', '8203010100', '8203010100'])
  fail(new TributaryError('storage', 'nobody answers'))
  await conversation
  expect(closed).toEqual([['storage']])
  expect(metrics.refusals.of('storage').value).toBe(1)
  expect(logger.lines, 'the outage itself is told elsewhere').toEqual([])
  expect(clock.pending).toBe(0)
})
