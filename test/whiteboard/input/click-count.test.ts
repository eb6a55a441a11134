import { describe, expect, test } from 'vitest'
import { ClickCount } from '../../../client/whiteboard/input/click-count.ts'

describe('[B48] presses are counted', () => {
  test('quick ones on one spot', () => {
    const clicks = new ClickCount()
    expect(clicks.press([10, 10], 0, 'mouse')).toBe(1)
    expect(clicks.press([12, 11], 300, 'mouse')).toBe(2)
    expect(clicks.press([12, 11], 600, 'mouse')).toBe(3)
    expect(clicks.press([12, 11], 1_100, 'mouse')).toBe(1)
    expect(clicks.press([30, 11], 1_200, 'mouse')).toBe(1)
  })

  test('a finger is given more room, and a mouse is no finger', () => {
    const clicks = new ClickCount()
    clicks.press([10, 10], 0, 'touch')
    expect(clicks.press([28, 10], 200, 'touch')).toBe(2)
    expect(clicks.press([28, 10], 300, 'mouse')).toBe(1)
  })

  test('a drag is no part of a double press', () => {
    const clicks = new ClickCount()
    clicks.press([10, 10], 0, 'mouse')
    clicks.drag([12, 10])
    expect(clicks.press([10, 10], 100, 'mouse')).toBe(2)
    clicks.drag([90, 10])
    expect(clicks.press([10, 10], 200, 'mouse')).toBe(1)
  })
})
