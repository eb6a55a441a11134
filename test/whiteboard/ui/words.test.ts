import { describe, expect, test } from 'vitest'
import type { LinkState, SaveState, Status } from '../../../client/provider/status.ts'
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
  const STATUS: Status = {
    link: { is: 'online' },
    save: { is: 'saved' },
    may: 'write',
    pending: 0,
    oldestMs: 0,
    rtt: 3,
    tier: 'disk',
    progress: null,
    storageTrouble: null,
  }
  const OFFLINE = { is: 'offline', reason: 'the connection was lost', again: null } as const
  const words = (status: Partial<Status>) => pillWords({ ...STATUS, ...status })

  test('the link and the changes have a word each, whatever the other one is', () => {
    const links: readonly LinkState[] = [
      { is: 'connecting' },
      { is: 'online' },
      OFFLINE,
      { is: 'needs-auth', reason: 'the token is over' },
      { is: 'denied', code: 'forbidden', reason: 'no' },
    ]
    const saves: readonly SaveState[] = [
      { is: 'saved' },
      { is: 'saving' },
      { is: 'local', device: true },
      { is: 'local', device: false },
      { is: 'rejected', code: 'too-large', reason: 'it is too large' },
    ]
    for (const link of links) {
      expect(saves.map((save) => words({ link, save, pending: 3 }).saved)).toEqual([
        ...['Saved', 'Saving…', '3 changes kept here', '3 changes not kept', 'Not saved'],
      ])
    }
    for (const save of saves) {
      expect(links.map((link) => words({ link, save }).word)).toEqual([
        ...['Connecting', 'Live', 'Offline', 'Sign in', 'Refused'],
      ])
    }
  })

  test('saved is said only once a server has spoken', () => {
    expect(words({ tier: null, link: { is: 'connecting' } }).saved).toBe('')
    expect(words({ tier: null, link: OFFLINE }).saved).toBe('')
    expect(words({ link: OFFLINE }).saved).toBe('Saved')
  })

  test('a sentence when something is wrong, and none else', () => {
    const save = { is: 'local', device: true } as const
    expect(words({}).note).toBe('')
    expect(words({ save: { is: 'saving' }, pending: 1 }).note).toBe('')
    expect(words({ link: { is: 'connecting' } }).note).toBe('')
    expect(words({ link: OFFLINE }).note).toMatch(/^Draw on: /)
    expect(words({ link: OFFLINE, save, pending: 1 }).note).toBe(
      '1 change is kept in this browser until the server is back.',
    )
    expect(words({ may: 'read' }).note).toMatch(/look at this board, and not change it/)
  })

  test('what is not kept, and why', () => {
    const save = { is: 'local', device: false } as const
    const storageTrouble = 'the storage of this browser is full'
    expect(words({ link: OFFLINE, save, pending: 2, storageTrouble }).note).toBe(
      '2 changes are on this page only: keep it open until the server is back. ' +
        'The storage of this browser is full.',
    )
    expect(words({ link: OFFLINE, storageTrouble }).note).toMatch(/keep this page open/)
    expect(words({ storageTrouble }).note).toBe('The storage of this browser is full.')
  })

  test('what the server does not take, or who', () => {
    const denied = { is: 'denied', code: 'forbidden', reason: 'This board is closed.' } as const
    const save = { is: 'local', device: true } as const
    expect(words({ link: denied }).note).toBe('This board is closed.')
    expect(words({ link: denied, save, pending: 2 }).note).toBe(
      'This board is closed. 2 changes are kept in this browser meanwhile.',
    )
    const rejected = { is: 'rejected', code: 'too-large', reason: 'it is too large' } as const
    expect(words({ save: rejected }).note).toMatch(/did not take some .*\. It is too large\.$/)
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
      roundTrip: null,
      waiting: 0,
      shapes: 0,
      people: 1,
    })
    expect(Object.values(said)).toEqual(['–', '–', '–', '–', '–', '–', '–', '0', '0', '1'])
  })

  test('numbers with their units', () => {
    const said = rows({
      fps: 59.94,
      cpuMs: 4.26,
      latencyP50: 7.4,
      latencyP99: 31.5,
      bytesIn: 12_345,
      bytesOut: 950,
      roundTrip: 2.4,
      waiting: 1_204,
      shapes: 5_000,
      people: 21,
    })
    expect(Object.values(said)).toEqual([
      ...['60', '4.3 ms', '7 ms', '32 ms', '12.3 kB/s', '950 B/s', '2 ms', '1,204', '5,000', '21'],
    ])
    expect(rows({ ...noFigures, bytesIn: 999.6 }).In).toBe('1.0 kB/s')
    expect(rows({ ...noFigures, bytesIn: 1_234_000 }).In).toBe('1.23 MB/s')
  })

  const noFigures = {
    ...{ fps: null, cpuMs: null, latencyP50: null, latencyP99: null },
    ...{ bytesIn: null, bytesOut: null, roundTrip: null, waiting: 0, shapes: 0, people: 1 },
  }
})
