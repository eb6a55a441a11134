import { describe, expect, test } from 'vitest'
import { packInk, readInk, unpackInk } from '../../../client/whiteboard/model/ink.ts'
import type { InkPoint } from '../../../client/whiteboard/model/ink-point.ts'
import { InkReader } from '../../../client/whiteboard/model/ink-reader.ts'
import { InkWriter } from '../../../client/whiteboard/model/ink-writer.ts'
import { MOST_POINTS } from '../../../client/whiteboard/model/limits.ts'
import { strokeOf, unitFor } from '../../../client/whiteboard/model/stroke-of.ts'
import { Seeded, seedOfRun } from '../../support/seeded.ts'
import { handDrawn } from './hand.ts'

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex')
const bytes = (text: string) => Uint8Array.from(Buffer.from(text.replaceAll(' ', ''), 'hex'))

describe('[B1] packed ink', () => {
  test('is what ink-format.ts says, byte by byte', () => {
    // version, unit 2^-1, pressure 32; one point, constant; no way off the guess: (0+7)·15+0+7
    expect(hex(packInk([[0, 0, 0.5]], 0.5))).toBe('013f20' + '02' + '70')
    // Two steps of (1, -1) units: the first is off by that, the second is guessed.
    const line: InkPoint[] = [
      [0, 0, 0.5],
      [0.5, -0.5, 0.5],
      [1, -1, 0.5],
    ]
    expect(hex(packInk(line, 0.5))).toBe('013f20' + '06' + '70' + '7e' + '70')
    // Off by (8, 0): (8+43)·87+43 = 4480 = 17·256+128. Off by (100, -100): zigzag 200, 199.
    expect(hex(packInk([[8, 0, 0.5]], 1))).toBe('014020' + '02' + 'f280')
    expect(hex(packInk([[100, -100, 0.5]], 1))).toBe('014020' + '02' + 'ff' + 'c801' + 'c701')
    // Pressure 32, 33, 32, 40, 40: same, up, down, a literal, same.
    const pressed = [32, 33, 32, 40, 40].map((level): InkPoint => [0, 0, level / 64])
    expect(hex(packInk(pressed, 1))).toBe('014020' + '0b' + 'e400' + '707070' + '28' + '70' + '70')
  })

  test('gives back every point, rounded to the unit and to a 64th of pressure', () => {
    const seed = seedOfRun()
    const dice = new Seeded(seed)
    for (let round = 0; round < 200; round += 1) {
      const unit = 2 ** dice.int(-7, 3)
      const reach = 10 ** dice.int(0, 6)
      const points = Array.from(
        { length: dice.int(1, 60) },
        (): InkPoint => [(dice.next() - 0.5) * reach, (dice.next() - 0.5) * reach, dice.next()],
      )
      const rounded = points.map(([x, y, p]) => [
        Math.round(x / unit) * unit + 0,
        Math.round(y / unit) * unit + 0,
        Math.round(p * 64) / 64,
      ])
      expect(readInk(packInk(points, unit)), `seed ${seed}, round ${round}`).toEqual(rounded)

      // The same in chunks, wherever they are cut.
      const writer = new InkWriter(unit)
      const reader = new InkReader()
      for (let at = 0; at < points.length; ) {
        const next = at + dice.int(1, 9)
        expect(reader.read(writer.chunk(points.slice(at, next)))).toBe(true)
        at = next
      }
      expect(reader.points, `seed ${seed}, round ${round}`).toEqual(rounded)
    }
  })

  test('of a hand takes a byte or two per point, also with a pen that is pressed unevenly', () => {
    const dice = new Seeded(3)
    for (const perSecond of [60, 120]) {
      const mouse = strokeOf(handDrawn(dice, { points: 300, perSecond, with: 'mouse' }), 0.5)
      const pen = strokeOf(handDrawn(dice, { points: 300, perSecond, with: 'pen' }), 0.5)
      expect(mouse?.ink.length).toBeLessThan(500)
      expect(pen?.ink.length).toBeLessThan(700)
    }
  })

  test('is as fine as half a pixel at any zoom', () => {
    for (const zoom of [0.1, 0.33, 1, 1.5, 4, 30]) {
      const unit = unitFor(zoom)
      expect(Math.log2(unit)).toBe(Math.round(Math.log2(unit)))
      expect(unit * zoom).toBeLessThanOrEqual(0.5)
      expect(unit * zoom).toBeGreaterThan(0.25)
    }
    expect(unitFor(Number.NaN)).toBe(0.5)
    expect(unitFor(0)).toBe(0.5)
  })

  test('has its corner where its points are, and nothing for no points', () => {
    const stroke = strokeOf(
      [
        [10, 20, 0.5],
        [4, 26, 0.5],
      ],
      0.5,
    )
    expect(stroke).toMatchObject({ at: [4, 20], size: [6, 6] })
    expect(unpackInk(stroke?.ink as Uint8Array)).toEqual([
      [6, 0, 0.5],
      [0, 6, 0.5],
    ])
    expect(strokeOf([], 0.5)).toBeNull()
  })
})

describe('[B12] ink from anybody', () => {
  test.each([
    ['nothing', ''],
    ['no points', '014020 00'],
    ['a head alone', '014020'],
    ['another version', '024020 02 70'],
    ['a unit too large', '015120 02 70'],
    ['a unit too small', '012f20 02 70'],
    ['more pressure than there is', '014041 02 70'],
    ['more points than bytes', '014020 08 70'],
    ['a count without end', '014020 ffffffffffffffffff01 70'],
    ['a step without end', '014020 02 ff ffffffffffffffff01 00'],
    ['something behind it', '014020 02 70 00'],
    ['a place cut short', '014020 02 f2'],
    ['a place beyond the board', '014020 02 ff 82dac409 00'],
    ['pressure below none', '014000 03 02 70'],
    ['pressure above all', '014040 03 01 70'],
    ['a pressure too large', '014020 03 03 41 70'],
  ])('%s is none', (_, text) => {
    expect(readInk(bytes(text))).toBeNull()
    expect(unpackInk(bytes(text))).toEqual([])
  })

  test('of more points than we look at is none', () => {
    const still = (count: number) => packInk(Array(count).fill([0, 0, 0.5]), 1)
    expect(readInk(still(MOST_POINTS))).toHaveLength(MOST_POINTS)
    expect(readInk(still(MOST_POINTS + 1))).toBeNull()
  })

  test('that goes away step by step is none, although each step is small', () => {
    const away = Uint8Array.from([1, 80, 32, 0xa0, 0x1f, ...Array(2_000).fill(224)])
    expect(readInk(away)).toBeNull()
  })

  test('of random bytes never throws, and what is read is bounded', () => {
    const seed = seedOfRun()
    const dice = new Seeded(seed)
    let read = 0
    for (let round = 0; round < 20_000; round += 1) {
      const random = dice.bytes(dice.int(0, 40))
      random.set([1, dice.int(48, 80), dice.int(0, 64)].slice(0, random.length))
      for (const [x, y, pressure] of readInk(random) ?? []) {
        read += 1
        const sound = Math.abs(x) <= 1e7 && Math.abs(y) <= 1e7 && pressure >= 0 && pressure <= 1
        expect(sound, `seed ${seed}, ${hex(random)}`).toBe(true)
      }
    }
    expect(read).toBeGreaterThan(0)
  })

  test('is not written by our own pen, whatever it is given', () => {
    const wild: InkPoint[] = [
      [Number.NaN, 0, 0.5],
      [1e300, -1e300, 7],
      [Number.NEGATIVE_INFINITY, 3, -1],
      [0, 0, Number.NaN],
    ]
    const stroke = strokeOf(wild, 2 ** -6)
    expect(strokeOf(wild.slice(0, 1), 1)).toBeNull()
    expect(strokeOf(wild, 2 ** -6)).not.toBeNull()
    expect(readInk(stroke?.ink as Uint8Array)).toHaveLength(2)
    expect(readInk(packInk(wild, 2 ** -6))).toHaveLength(4)
    const across: InkPoint[] = [
      [-1e7, -1e7, 0],
      [1e7, 1e7, 1],
    ]
    expect(readInk(strokeOf(across, 2 ** -6)?.ink as Uint8Array)).toHaveLength(2)
  })
})
