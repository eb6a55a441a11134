import { describe, expect, test } from 'vitest'
import { FIGURE_ROWS } from '../../../client/whiteboard/ui/figure-words.ts'
import { keyParts, keyWord, spokenKeys } from '../../../client/whiteboard/ui/key-parts.ts'
import { nextStop } from '../../../client/whiteboard/ui/next-stop.ts'
import { pillWords } from '../../../client/whiteboard/ui/pill-words.ts'

describe('[B71] keys in words', () => {
  test.each([
    ['Ctrl+Shift+Z', 'Ctrl+Shift+Z', '⇧⌘Z', 'Control+Shift+Z', 'Meta+Shift+Z'],
    ['Escape', 'Esc', 'esc', 'Escape', 'Escape'],
    ['Delete', 'Del', '⌦', 'Delete', 'Delete'],
    ['Ctrl++', 'Ctrl++', '⌘+', 'Control+Plus', 'Meta+Plus'],
    ['V', 'V', 'V', 'V', 'V'],
    ['?', '?', '?', '?', '?'],
    [']', ']', ']', ']', ']'],
  ])('%s', (key, elsewhere, mac, spoken, spokenOnMac) => {
    expect(keyWord(key, false)).toBe(elsewhere)
    expect(keyWord(key, true)).toBe(mac)
    expect(spokenKeys([key], false)).toBe(spoken)
    expect(spokenKeys([key], true)).toBe(spokenOnMac)
  })

  test('several keys, and what is held while the mouse moves', () => {
    expect(spokenKeys(['Ctrl+=', '+'], false)).toBe('Control+= Plus')
    expect(keyParts('Space+drag', false)).toEqual(['Space', 'drag'])
  })
})

test('[B72] arrows go through a row and around its ends, Home and End to them', () => {
  expect(['ArrowRight', 'ArrowDown'].map((key) => nextStop(key, 4, 5))).toEqual([0, 0])
  expect(['ArrowLeft', 'ArrowUp'].map((key) => nextStop(key, 0, 5))).toEqual([4, 4])
  expect([nextStop('Home', 3, 5), nextStop('End', 3, 5)]).toEqual([0, 4])
  expect([nextStop('Tab', 3, 5), nextStop('Home', 0, 0)]).toEqual([null, null])
})

describe('[B74] how the board stands with the server', () => {
  test('one word each', () => {
    const words = (['connecting', 'live', 'offline'] as const).map((is) =>
      pillWords({ is }, 'saved'),
    )
    expect(words.map(({ word }) => word)).toEqual(['Connecting', 'Live', 'Offline'])
  })

  test('saved is said of what the server confirmed, and only while it can be known', () => {
    expect(pillWords({ is: 'live' }, 'saved').saved).toBe('Saved')
    expect(pillWords({ is: 'live' }, 'unsaved').saved).toBe('Saving')
    expect(pillWords({ is: 'live' }, 'refused')).toMatchObject({
      saved: 'Not saved',
      note: expect.stringContaining('on this page only'),
    })
    expect(pillWords({ is: 'offline' }, 'saved').saved).toBe('')
    expect(pillWords({ is: 'connecting' }, 'saved').saved).toBe('')
  })

  test('a sentence when something is wrong, and none else', () => {
    expect(pillWords({ is: 'live' }, 'unsaved').note).toBe('')
    expect(pillWords({ is: 'connecting' }, 'unsaved').note).toBe('')
    expect(pillWords({ is: 'offline' }, 'saved').note).toContain('Draw on')
    expect(pillWords({ is: 'offline' }, 'unsaved').note).toContain('waits here')
    const refused = pillWords({ is: 'refused', reason: 'This board is closed.' }, 'unsaved')
    expect(refused.note).toBe('This board is closed.')
  })
})

describe('[B80] the figures in words', () => {
  const rows = (figures: Parameters<(typeof FIGURE_ROWS)[number][1]>[0]) =>
    Object.fromEntries(FIGURE_ROWS.map(([name, words]) => [name, words(figures)]))

  test('what is not known is a dash', () => {
    const said = rows({
      fps: null,
      cpuMs: null,
      latencyP50: null,
      latencyP99: null,
      bytesIn: null,
      bytesOut: null,
      shapes: 0,
      people: 1,
    })
    expect(Object.values(said)).toEqual(['–', '–', '–', '–', '–', '–', '0', '1'])
  })

  test('numbers with their units', () => {
    const said = rows({
      fps: 59.94,
      cpuMs: 4.26,
      latencyP50: 7.4,
      latencyP99: 31.5,
      bytesIn: 12_345,
      bytesOut: 950,
      shapes: 5_000,
      people: 21,
    })
    expect(Object.values(said)).toEqual([
      ...['60', '4.3 ms', '7 ms', '32 ms', '12.3 kB/s', '950 B/s', '5,000', '21'],
    ])
    expect(rows({ ...noFigures, bytesIn: 999.6 }).In).toBe('1.0 kB/s')
    expect(rows({ ...noFigures, bytesIn: 1_234_000 }).In).toBe('1.23 MB/s')
  })

  const noFigures = {
    ...{ fps: null, cpuMs: null, latencyP50: null, latencyP99: null },
    ...{ bytesIn: null, bytesOut: null, shapes: 0, people: 1 },
  }
})
