import { describe, expect, test } from 'vitest'
import { TileLevel } from '../../../client/whiteboard/render/tile-level.ts'

const never = () => false
const always = () => true

describe('[B32] the zoom that tiles are painted for', () => {
  test('is at once that of the first view', () => {
    const level = new TileLevel()
    level.see(1.37, 5, never)
    expect(level.scale).toBe(1.37)
    expect(level.unsettled).toBe(false)
  })

  test('stays while the zoom moves, as long as its tiles cover the view', () => {
    const level = new TileLevel()
    level.see(1, 0, always)
    for (let frame = 1; frame < 60; frame++) level.see(1 + frame / 60, frame * 16, always)
    expect(level.scale).toBe(1)
    expect(level.unsettled).toBe(true)
  })

  test('is the one that stays, a moment after it came to stay', () => {
    const level = new TileLevel()
    level.see(1, 0, always)
    level.see(1.6, 1000, always)
    level.see(1.6, 1100, always)
    expect(level.scale).toBe(1)
    level.see(1.6, 1120, always)
    expect(level.scale).toBe(1.6)
    expect(level.unsettled).toBe(false)
  })

  test('is a power of two where tiles are missing: few levels for a long way', () => {
    const level = new TileLevel()
    level.see(1.3, 0, never)
    const scales = new Set<number>()
    for (let frame = 1; frame < 200; frame++) {
      level.see(1.3 * 0.98 ** frame, frame * 16, never)
      scales.add(level.scale)
    }
    expect([...scales]).toEqual([1, 0.5, 0.25, 0.125, 0.0625, 0.03125])
  })

  test('does not stay behind by more than a factor of two and a half', () => {
    const level = new TileLevel()
    level.see(1, 0, always)
    for (let zoom = 1, at = 16; zoom < 30; zoom *= 1.1, at += 16) {
      level.see(zoom, at, always)
      expect(zoom / level.scale).toBeLessThan(2.5)
    }
  })
})
