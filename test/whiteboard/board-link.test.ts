import { afterEach, describe, expect, test, vi } from 'vitest'
import {
  boardOf,
  entityOf,
  lastBoard,
  linkTo,
  newBoardId,
  rememberBoard,
} from '../../client/whiteboard/board-link.ts'
import { entityIdFromPath } from '../../src/wire/entity-path.ts'
import { Seeded } from '../support/seeded.ts'

describe('[B90] the board of an address', () => {
  test.each([
    ['https://host/b/plans', 'plans', 'https://host/'],
    ['https://host/b/Az09_-?x=/b/y#z', 'Az09_-', 'https://host/'],
    ['https://host/sub/b/plans', 'plans', 'https://host/sub/'],
    ['https://host/b/b/b', 'b', 'https://host/b/'],
    ['https://host/b/my%2Dplans', 'my-plans', 'https://host/'],
    [`https://host/b/${'x'.repeat(64)}`, 'x'.repeat(64), 'https://host/'],
  ])('%s', (href, id, root) => {
    expect(boardOf(href)).toEqual({ kind: 'board', id, root })
  })

  test.each([
    ['https://host/', 'https://host/'],
    ['https://host/?b/x#/b/x', 'https://host/'],
    ['https://host/sub/', 'https://host/sub/'],
    ['https://host/b/', 'https://host/b/'],
    ['https://host/index.html', 'https://host/'],
  ])('%s names none', (href, root) => {
    expect(boardOf(href)).toEqual({ kind: 'none', root })
  })

  test.each([
    ['https://host/b/two%20words', '"two words"'],
    ['https://host/b/caf%C3%A9', '"café"'],
    ['https://host/b/why%3F', '"why?"'],
    ['https://host/b/..%2Fx', '"../x"'],
    ['https://host/b/x%0A', '"x\n"'],
    ['https://host/b/%ff', '"%ff"'],
    ['https://host/b/100%', '"100%"'],
    [`https://host/b/${'x'.repeat(65)}`, `"${'x'.repeat(65)}"`],
  ])('%s is refused in words', (href, name) => {
    const link = boardOf(href)
    expect(link).toMatchObject({ kind: 'bad', root: 'https://host/' })
    expect(link.kind === 'bad' && link.reason).toContain(`No board is called ${name}: `)
  })

  test('and not repeated in full when it is endless', () => {
    const link = boardOf(`https://host/b/${'x'.repeat(9_000)}`)
    expect(link.kind === 'bad' && link.reason).toContain(`called "${'x'.repeat(80)}…": `)
  })

  test('its link opens it again, and its entity can be carried by an address', () => {
    const link = boardOf('https://host/sub/b/Az09_-')
    if (link.kind !== 'board') throw new Error(link.kind)
    expect(linkTo(link.root, link.id)).toBe('https://host/sub/b/Az09_-')
    expect(entityOf(link.id)).toBe('b/Az09_-')
    expect(entityIdFromPath(new URL(`ws://host/${entityOf(link.id)}`).pathname.slice(1))).toBe(
      'b/Az09_-',
    )
  })
})

describe('[B91] the name of a new board', () => {
  test('is 12 letters and digits, and another one each time', () => {
    const names = Array.from({ length: 500 }, () => newBoardId())
    expect(new Set(names).size).toBe(500)
    for (const name of names) expect(name).toMatch(/^[A-Za-z0-9]{12}$/)
  })

  test('has each of them as often as any other', () => {
    const random = new Seeded(91)
    const fill = (bytes: Uint8Array) => {
      for (let n = 0; n < bytes.length; n += 1) bytes[n] = random.int(0, 255)
    }
    const counts = new Map<string, number>()
    for (let n = 0; n < 5_000; n += 1) {
      for (const letter of newBoardId(fill)) counts.set(letter, (counts.get(letter) ?? 0) + 1)
    }
    // 968 of each are expected; without the rejection the first 8 would come 1,172 times.
    expect(counts.size).toBe(62)
    for (const count of counts.values()) expect(Math.abs(count - 968)).toBeLessThan(150)
  })

  test('is drawn again when the bytes are of no use', () => {
    let asked = 0
    const fill = (bytes: Uint8Array) => {
      asked += 1
      bytes.fill(asked < 3 ? 248 : 247)
    }
    expect(newBoardId(fill)).toBe('999999999999')
    expect(asked).toBe(3)
  })
})

describe('[B92] the last board of a browser', () => {
  afterEach(() => {
    vi.unstubAllGlobals()
  })

  test('is remembered', () => {
    const kept = new Map<string, string>()
    vi.stubGlobal('localStorage', {
      getItem: (key: string) => kept.get(key) ?? null,
      setItem: (key: string, text: string) => kept.set(key, text),
    })
    expect(lastBoard()).toBe(null)
    const id = newBoardId()
    rememberBoard(id)
    expect(lastBoard()).toBe(id)
    for (const key of kept.keys()) kept.set(key, '../elsewhere')
    expect(lastBoard()).toBe(null)
  })

  test('is none where storage is missing or forbidden', () => {
    for (const storage of [undefined, { getItem: refuse, setItem: refuse }]) {
      vi.stubGlobal('localStorage', storage)
      rememberBoard(newBoardId())
      expect(lastBoard()).toBe(null)
    }
  })
})

function refuse(): never {
  throw new Error('forbidden')
}
