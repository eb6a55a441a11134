import { expect, test } from 'vitest'
import { errorTable } from '../../src/core/errors.ts'

test('[S9] a code after which y-websocket 3.1 never comes back is for what cannot succeed later', () => {
  const isFinal = (close: number) => close >= 4400 && close < 4500
  const wrong = Object.entries(errorTable).filter(([, { close, again }]) => again && isFinal(close))
  expect(wrong).toEqual([])
})
