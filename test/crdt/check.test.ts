import { describe, expect, test } from 'vitest'
import * as Y from 'yjs'
import { checkUpdate } from '../../src/crdt/check.ts'
import { NONE, UpdateScan } from '../../src/crdt/scan.ts'
import { scanUpdate } from '../../src/crdt/scan-update.ts'
import { hex, toHex } from '../support/hex.ts'
import { Seeded, seedOfRun } from '../support/seeded.ts'
import { one, text, uint } from './literals.ts'

/** Accepts it, lets Yjs load what came out, and gives that. */
function accepts(bytes: Uint8Array): Uint8Array {
  const sound = checkUpdate(bytes).bytes
  const doc = new Y.Doc()
  Y.applyUpdate(doc, sound)
  expect(doc._transactionCleanups).toHaveLength(0)
  Y.encodeStateAsUpdate(doc)
  return sound
}

function refuses(bytes: Uint8Array, reason: string, at?: number): void {
  const place = at === undefined ? '' : ` at byte ${at}`
  expect(() => checkUpdate(bytes), toHex(bytes)).toThrow(
    expect.objectContaining({
      code: 'malformed',
      message: expect.stringContaining(reason + place) as string,
    }) as Error,
  )
}

/** The root `t`, no key. */
const T = '01 01 74'

describe('the form of an update', () => {
  test('[C3] the empty update is one', () => {
    expect(accepts(hex('00 00'))).toEqual(hex('0000'))
  })

  test('[C3] every cut of an update is refused', () => {
    const doc = new Y.Doc()
    doc.getText('t').insert(0, 'abc', { bold: true })
    doc.getMap('m').set('k', new Y.Array())
    doc.getArray('a').push([{ deep: [1, 2n, 'x', new Uint8Array(3)] }, new Y.Doc()])
    doc.getText('t').delete(0, 1)
    const update = Y.encodeStateAsUpdate(doc)
    accepts(update)
    for (let length = 0; length < update.length; length++) {
      refuses(update.slice(0, length), '')
      // The same bytes as a view: what lies behind the view must not be read.
      refuses(update.subarray(0, length), '')
    }
  })

  test('[C3] bytes left over are refused', () => {
    refuses(hex('00 00 00'), 'bytes are left over', 2)
    refuses(hex(`01 01 07 00 04 ${T} 01 61 00 ff`), 'bytes are left over', 11)
  })

  test('[C3] format V2 is refused', () => {
    const doc = new Y.Doc()
    refuses(Y.encodeStateAsUpdateV2(doc), '')
    doc.getText('t').insert(0, 'abc')
    refuses(Y.encodeStateAsUpdateV2(doc), '')
  })

  test('[C5] counts and lengths beyond the bytes left are refused', () => {
    refuses(hex('01 00'), 'a count is beyond the bytes left', 0)
    refuses(hex(`01 ffffff0f 07 00 04 ${T} 01 61 00`), 'a count is beyond the bytes left', 1)
    refuses(one(`04 ${T} 7f 61`), 'a length is beyond the bytes left', 8)
    refuses(one(`03 ${T} 03 61`), 'a length is beyond the bytes left', 8)
    refuses(one(`08 ${T} 01 75 7f`), 'a count is beyond the bytes left', 10)
    refuses(one(`08 ${T} 01 76 7f`), 'a count is beyond the bytes left', 10)
    refuses(one(`08 ${T} ${uint(2 ** 40)} 7f`), 'a value has the tag 0')
    refuses(hex('00 01 07 ffffff0f 00 01'), 'a count is beyond the bytes left', 3)
  })

  test('[C8] a section has at least one struct', () => {
    refuses(hex('01 00 07 00 00 00'), 'a section is empty', 1)
  })

  test('[C8] a client has one section: of two, Yjs forgets the first', () => {
    const twice = hex(`02 01 07 00 04 ${T} 01 61 01 07 01 84 07 00 01 62 00`)
    const doc = new Y.Doc()
    Y.applyUpdate(doc, twice)
    expect(doc.getText('t').toString()).toBe('')
    refuses(twice, 'the client 7 has two sections')
    refuses(
      hex(`03 01 07 00 00 01 01 05 00 00 01 01 07 01 00 01 00`),
      'the client 7 has two sections',
    )
  })

  test('[C8] Skips may stand first, last, in the middle and alone', () => {
    accepts(hex('01 02 07 00 0a 05 00 01 00'))
    accepts(hex(`01 03 07 00 04 ${T} 01 61 0a 05 84 07 05 01 62 00`))
    accepts(hex(`01 02 07 00 04 ${T} 01 61 0a 05 00`))
    accepts(one('0a 05'))
    const scan = checkUpdate(hex('01 02 07 03 0a 05 00 01 00'))
    expect([...scan.clock.subarray(0, 2)]).toEqual([3, 8])
  })

  test('[C20] a refusal of a deep place names its byte', () => {
    refuses(one(`08 ${T} 02 7d01 02`), 'a value has the tag 2', 11)
  })
})

describe('numbers', () => {
  test('[C4] ids go up to 2^53 − 1 and keep all their bits', () => {
    const id = uint(Number.MAX_SAFE_INTEGER)
    const scan = checkUpdate(hex(`01 02 ${id} 00 04 ${T} 01 61 84 ${id} 00 01 62 00`))
    expect(scan.sectionClient[0]).toBe(Number.MAX_SAFE_INTEGER)
    expect(scan.originClient[1]).toBe(Number.MAX_SAFE_INTEGER)
    refuses(hex(`01 01 ${uint(2 ** 53)} 00 00 01 00`), 'a number is beyond 2^53', 2)
    refuses(hex(`01 01 ffffffffffffffffff01 00 00 01 00`), 'a number is beyond 2^53', 2)
  })

  test('[C4] a number that is longer than it need be is refused', () => {
    refuses(hex(`8100 01 07 00 00 01 00`), 'a number is longer than it need be', 0)
    refuses(hex(`01 01 8700 00 00 01 00`), 'a number is longer than it need be', 2)
    refuses(hex(`01 01 07 8000 00 01 00`), 'a number is longer than it need be', 3)
    refuses(one(`04 8100 01 74 01 61`), 'a number is longer than it need be')
    refuses(one(`07 ${T} 8000`), 'a number is longer than it need be', 8)
    refuses(hex(`01 01 07 00 00 01 8000`), 'a number is longer than it need be', 6)
  })

  test('[C4] [C16] signed numbers are minimal too, and −0 is one', () => {
    accepts(one(`08 ${T} 06 7d00 7d40 7d3f 7d7f 7d8001 7dc001`))
    accepts(one(`08 ${T} 01 7d bf ffffffffffff 1f`)) // 2^53 − 1, as yrs writes it
    refuses(one(`08 ${T} 01 7d 80 00`), 'a number is longer than it need be', 10)
    refuses(one(`08 ${T} 01 7d c0 8000`), 'a number is longer than it need be', 10)
    refuses(one(`08 ${T} 01 7d 80 808080808080 20`), 'a number is beyond 2^53', 10)
    refuses(one(`08 ${T} 01 7d 80 80808080808080 01`), 'a number is beyond 2^53', 10)
  })

  test('[C6] a clock and its length stay below 2^31', () => {
    accepts(hex(`01 01 07 ${uint(2 ** 31 - 2)} 00 01 00`))
    refuses(hex(`01 01 07 ${uint(2 ** 31 - 1)} 00 01 00`), 'a clock is beyond 2^31', 3)
    refuses(hex(`01 01 07 ${uint(2 ** 31 - 2)} 00 02 00`), 'a clock is beyond 2^31', 8)
    refuses(one(`0a ${uint(2 ** 31)}`), 'a clock is beyond 2^31', 4)
    refuses(one(`84 05 ${uint(2 ** 31 - 1)} 01 61`), 'a clock is beyond 2^31', 6)
    refuses(hex(`00 01 07 01 ${uint(2 ** 31 - 2)} 02`), 'a clock is beyond 2^31', 4)
    refuses(hex(`00 01 07 01 00 ${uint(2 ** 53 - 1)}`), 'a clock is beyond 2^31', 4)
  })
})

describe('structs', () => {
  test('[C7] info bytes', () => {
    accepts(one('00 01'))
    for (const info of ['20', '40', '80', 'e0', '2a', '4a', '8a', '0b', '0f', '1f', '2b', 'eb']) {
      refuses(one(`${info} 05 00 05 00 01`), `a struct has the info byte ${Number(`0x${info}`)}`, 4)
    }
  })

  test('[C9] a length of 0 is refused', () => {
    for (const struct of ['00 00', '0a 00', `01 ${T} 00`, `02 ${T} 00`, `08 ${T} 00`]) {
      refuses(one(struct), 'a length is zero')
    }
  })

  test('[C9] a text of length 0 is cut out, with its section when that is empty then', () => {
    expect(accepts(one(`04 ${T} 00`))).toEqual(hex('0000'))
    expect(accepts(hex(`01 03 07 00 04 ${T} 01 61 84 07 00 00 84 07 00 01 62 00`))).toEqual(
      hex(`01 02 07 00 04 ${T} 01 61 84 07 00 01 62 00`),
    )
    expect(
      accepts(hex(`02 01 08 05 04 ${T} 00 02 07 00 04 ${T} 00 04 ${T} 01 61 01 07 01 00 01`)),
    ).toEqual(hex(`01 01 07 00 04 ${T} 01 61 01 07 01 00 01`))
  })

  test('[C9] so many structs that the count gets shorter', () => {
    const texts = `04 ${T} 00`.repeat(200)
    expect(accepts(hex(`01 ${uint(201)} 07 00 ${texts} 04 ${T} 01 61 00`))).toEqual(
      one(`04 ${T} 01 61`),
    )
  })

  test('[C10] what a struct names of its own client lies below it', () => {
    const second = (struct: string) => hex(`01 02 07 00 04 ${T} 02 6162 ${struct} 00`)
    accepts(second('84 07 01 01 63'))
    accepts(second('44 07 00 01 63'))
    accepts(second('c4 07 00 07 01 01 63'))
    accepts(second('04 00 07 01 01 63'))
    for (const struct of [
      '84 07 02 01 63',
      '44 07 02 01 63',
      'c4 07 00 07 02 01 63',
      '04 00 07 02 01 63',
      '84 07 09 01 63',
    ]) {
      refuses(second(struct), 'a struct names itself or a later one of its client')
    }
  })

  test('[C10] of another client it may name any', () => {
    accepts(one('84 08 ff01 01 63'))
  })

  test('[C12] a parent is a name or an id', () => {
    accepts(one('04 01 00 01 61'))
    accepts(one('24 01 00 00 01 61'))
    accepts(one('04 00 08 05 01 61'))
    refuses(one('04 02 00 01 61'), 'a parent is neither a name nor an id', 5)
    refuses(one('04 8101 00 01 61'), 'a parent is neither a name nor an id')
  })

  test('[C13] type references', () => {
    for (const type of ['00', '01', '02', '03 01 70', '03 00', '04', '05 01 68', '06']) {
      accepts(one(`07 ${T} ${type}`))
    }
    refuses(one(`07 ${T} 07`), 'a type has the reference 7', 8)
    refuses(one(`07 ${T} 0f`), 'a type has the reference 15', 8)
  })

  test('[C14] a text counts UTF-16 units', () => {
    const lengthOf = (value: string) => checkUpdate(one(`04 ${T} ${text(value)}`)).length[0]
    for (const value of ['a', 'é', '日本', '🙂', '\ufeff', '\u0000', 'a🙂é日\u{10ffff}\u{10000}']) {
      expect(lengthOf(value)).toBe(value.length)
    }
  })

  test('[C14] texts, names and keys are UTF-8', () => {
    const bad = [
      '80',
      'c0af',
      'c1bf',
      'c3',
      'e08080',
      'e09fbf',
      'eda080',
      'edbfbf',
      'e282',
      'f08080af',
      'f48fbfc0',
      'f4908080',
      'f09f99',
      'f5808080',
      'fe',
      'ff',
      '61ff',
      'e28261',
    ]
    for (const digits of bad) {
      const size = uint(digits.length / 2)
      refuses(one(`04 ${T} ${size} ${digits}`), 'a text is not UTF-8', 9)
      refuses(one(`04 01 ${size} ${digits} 01 61`), 'a text is not UTF-8', 7)
      refuses(one(`24 ${T} ${size} ${digits} 01 61`), 'a text is not UTF-8')
      refuses(one(`06 ${T} ${size} ${digits} 01 31`), 'a text is not UTF-8')
      refuses(one(`07 ${T} 03 ${size} ${digits}`), 'a text is not UTF-8')
      refuses(one(`09 ${T} ${size} ${digits} 76 00`), 'a text is not UTF-8')
      refuses(one(`08 ${T} 01 77 ${size} ${digits}`), 'a text is not UTF-8')
      refuses(one(`08 ${T} 01 76 01 ${size} ${digits} 7f`), 'a text is not UTF-8')
      refuses(one(`05 ${T} ${uint(digits.length / 2 + 2)} 22 ${digits} 22`), 'a text is not JSON')
    }
  })

  test('[C15] JSON in lists, embeds and formats', () => {
    accepts(one(`02 ${T} 03 ${text('null')} ${text('undefined')} ${text(' {"a": [1.5e-3]} ')}`))
    accepts(one(`05 ${T} ${text('{"__proto__":1}')}`))
    accepts(one(`06 ${T} 00 ${text('true')}`))
    refuses(one(`02 ${T} 01 ${text('undefined ')}`), 'a text is not JSON', 10)
    refuses(one(`05 ${T} ${text('undefined')}`), 'a text is not JSON', 9)
    refuses(one(`06 ${T} 01 62 ${text('undefined')}`), 'a text is not JSON')
    refuses(one(`05 ${T} 00`), 'a text is not JSON', 9)
  })

  test('[C15] JSON is at most 256 deep', () => {
    const deep = (depth: number) => one(`05 ${T} ${text('['.repeat(depth) + ']'.repeat(depth))}`)
    accepts(deep(256))
    refuses(deep(257), 'a JSON text is nested too deep')
    refuses(deep(1_000_000), 'a JSON text is nested too deep')
  })

  test('[C16] values of every tag', () => {
    accepts(
      one(
        `08 ${T} 0c 7f 7e 7d00 7c3fc00000 7b3ff0000000000000 7affffffffffffffff 79 78 77 00 76 00 75 00 74 00`,
      ),
    )
    for (const tag of ['73', '00', '80', 'ff'])
      refuses(one(`08 ${T} 01 ${tag}`), 'a value has the tag')
    for (const cut of ['7c 000000', '7b 00000000000000', '7a 00000000000000', '74 05 00']) {
      refuses(one(`08 ${T} 01 ${cut}`), '')
    }
  })

  test('[C16] a value is at most 256 deep', () => {
    const lists = (depth: number) => one(`08 ${T} 01 ${'7501'.repeat(depth)} 7e`)
    const objects = (depth: number) => one(`08 ${T} 01 ${'760100'.repeat(depth)} 7e`)
    accepts(lists(256))
    accepts(objects(256))
    refuses(lists(257), 'a value is nested too deep')
    refuses(objects(257), 'a value is nested too deep')
    refuses(lists(1_000_000), 'a value is nested too deep')
  })

  test('[C17] the options of a document are an object', () => {
    accepts(one(`09 ${T} 01 67 76 00`))
    accepts(one(`09 ${T} 00 76 02 ${text('meta')} 76 01 ${text('guid')} 7e ${text('autoLoad')} 78`))
    for (const options of ['7e', '7f', '75 00', '77 00', '7d00', '74 00']) {
      refuses(one(`09 ${T} 01 67 ${options}`), 'the options of a document are no object', 10)
    }
    refuses(one(`09 ${T} 01 67 76 01 ${text('guid')} 77 00`), 'name what they may not')
    refuses(
      one(`09 ${T} 01 67 76 02 ${text('a')} 7e ${text('gcFilter')} 7e`),
      'name what they may not',
    )
  })
})

describe('structs among each other', () => {
  test('[C11] a ring of two and of three sections is refused, a chain is not', () => {
    refuses(
      hex('02 01 08 00 84 07 00 01 61 01 07 00 84 08 00 01 62 00'),
      'structs wait for one another',
    )
    refuses(
      hex('02 01 08 00 44 07 00 01 61 01 07 00 04 00 08 00 01 62 00'),
      'structs wait for one another',
    )
    refuses(
      hex('03 01 09 00 84 08 00 01 61 01 08 00 84 07 00 01 62 01 07 00 84 09 00 01 63 00'),
      'structs wait for one another',
    )
    // Each section waits for a later part of the other, one after the other.
    accepts(
      hex(`02 02 08 00 84 07 00 01 61 84 07 01 01 62 02 07 00 04 ${T} 01 63 84 08 00 01 64 00`),
    )
    refuses(
      hex(`02 02 08 00 84 07 01 01 61 84 07 00 01 62 02 07 00 04 ${T} 01 63 84 08 01 01 64 00`),
      'structs wait for one another',
    )
  })

  test('[C11] a struct that is known to others is no part of a ring', () => {
    accepts(hex('02 01 08 05 84 07 04 01 61 01 07 05 84 08 04 01 62 00'))
    accepts(hex('02 01 08 05 84 07 06 01 61 01 07 05 84 08 06 01 62 00'))
  })

  test('[C11] a long chain through many sections takes no stack', () => {
    const sections = 20_000
    // Each client's struct names the one of the client below, so the first waits for all others.
    const chain = Array.from({ length: sections }, (_, i) => {
      const client = sections - i
      return `01 ${uint(client)} 00 ${client === 1 ? `04 ${T}` : `84 ${uint(client - 1)} 00`} 01 61`
    })
    checkUpdate(hex(`${uint(sections)} ${chain.join('')} 00`))
  })

  /** Types, each in the one before it; `how` says what stands between. */
  function nested(depth: number, how: 'parent' | 'origin' | 'right'): Uint8Array {
    const structs = [`07 ${T} 00`]
    while (structs.length < (how === 'parent' ? depth : 2 * depth - 1)) {
      const last = structs.length - 1
      if (how === 'parent') structs.push(`07 00 07 ${uint(last)} 00`)
      else {
        // A text in the last type, and beside it the next type, which names no parent.
        structs.push(`04 00 07 ${uint(last)} 01 61`)
        structs.push(`${how === 'origin' ? '87' : '47'} 07 ${uint(last + 1)} 00`)
      }
    }
    return hex(`01 ${uint(structs.length)} 07 00 ${structs.join('')} 00`)
  }

  test('[C13] types are nested at most 64 deep, by parents, origins and right origins', () => {
    for (const how of ['parent', 'origin', 'right'] as const) {
      accepts(nested(64, how))
      refuses(nested(65, how), 'types are nested too deep')
    }
    refuses(nested(20_000, 'parent'), 'types are nested too deep')
  })

  test('[C13] what sound updates nest together may be deeper: our own bytes are only scanned', () => {
    const whole = nested(100, 'parent')
    const outer = accepts(nested(50, 'parent'))
    const inner = accepts(Y.diffUpdate(whole, hex('01 07 32')))
    const merged = Y.mergeUpdates([outer, inner])
    expect(merged).toEqual(whole)
    expect(scanUpdate(merged).structs).toBe(100)
    refuses(merged, 'types are nested too deep')
  })

  test('[C13] depth is counted across sections, whatever their order', () => {
    const section = (client: number, parent: number) => {
      const structs = Array.from({ length: 40 }, (_, i) =>
        i > 0
          ? `07 00 ${uint(client)} ${uint(i - 1)} 00`
          : parent > 0
            ? `07 00 ${uint(parent)} 27 00`
            : `07 ${T} 00`,
      )
      return `28 ${uint(client)} 00 ${structs.join('')}`
    }
    refuses(hex(`02 ${section(9, 8)} ${section(8, 0)} 00`), 'types are nested too deep')
    refuses(hex(`02 ${section(9, 0)} ${section(8, 9)} 00`), 'types are nested too deep')
    accepts(hex(`02 ${section(9, 0)} ${section(8, 0)} 00`))
  })

  test('[C13] many types side by side are not nested', () => {
    const structs = Array.from({ length: 300 }, (_, i) =>
      i === 0 ? `07 ${T} 00` : `87 07 ${uint(i - 1)} 00`,
    )
    accepts(hex(`01 ${uint(300)} 07 00 ${structs.join('')} 00`))
  })

  test('[C13] a parent that is no type holds nothing, and takes no part in the depth', () => {
    const types = Array.from({ length: 65 }, () => `07 ${T} 00`)
    const texts = Array.from({ length: 100 }, (_, i) => `04 00 07 ${uint(i + 64)} 01 61`)
    const last = `07 00 07 ${uint(164)} 00 04 00 07 ${uint(165)} 02 6162`
    accepts(hex(`01 ${uint(167)} 07 00 ${types.join('')} ${texts.join('')} ${last} 00`))
  })

  test('[C18] several values under a key are accepted when all of them are deleted', () => {
    const list = '08 02 7e 7e'
    const keyed = (deletes: string) =>
      hex(`01 01 07 00 2${list.slice(1, 2)} 01 01 6d 01 6b ${list.slice(3)} ${deletes}`)
    accepts(keyed('01 07 01 00 02'))
    accepts(keyed('01 07 01 00 05'))
    for (const deletes of [
      '00',
      '01 07 01 00 01',
      '01 07 01 01 01',
      '01 08 01 00 02',
      '01 07 01 02 02',
    ]) {
      refuses(keyed(deletes), 'a key has several values', 4)
    }
    // The same for texts and JSON; a deleted content of several clocks is what gc leaves.
    refuses(one('24 01 01 6d 01 6b 02 6162'), 'a key has several values')
    refuses(one(`22 01 01 6d 01 6b 02 ${text('1')} ${text('2')}`), 'a key has several values')
    accepts(one('21 01 01 6d 01 6b 02'))
    accepts(one('24 01 01 6d 01 6b 01 61'))
  })

  test('[C18] a key is also what an origin or a right origin hands on', () => {
    const beside = (struct: string) => hex(`01 02 07 00 28 01 01 6d 01 6b 01 7e ${struct} 00`)
    refuses(beside('84 07 00 02 6162'), 'a key has several values')
    refuses(beside('44 07 00 02 6162'), 'a key has several values')
    accepts(beside('84 07 00 01 61'))
    accepts(beside(`04 ${T} 02 6162`))
    // The origin in another section, which comes later.
    refuses(
      hex('02 01 08 00 84 07 00 02 6162 01 07 00 28 01 01 6d 01 6b 01 7e 00'),
      'a key has several',
    )
  })
})

describe('deletes and order', () => {
  test('[C19] sections and deletes are put by falling client id', () => {
    const low = `01 07 00 04 ${T} 01 61`
    const high = `01 08 00 04 ${T} 01 62`
    const sound = hex(`02 ${high} ${low} 02 08 01 00 01 07 01 00 01`)
    expect(accepts(hex(`02 ${high} ${low} 02 08 01 00 01 07 01 00 01`))).toEqual(sound)
    expect(accepts(hex(`02 ${low} ${high} 02 08 01 00 01 07 01 00 01`))).toEqual(sound)
    expect(accepts(hex(`02 ${high} ${low} 02 07 01 00 01 08 01 00 01`))).toEqual(sound)
  })

  test('[C19] an update in order is passed on as it is, without a copy', () => {
    const update = hex(`01 01 07 00 04 ${T} 01 61 01 07 02 00 01 02 01`)
    expect(checkUpdate(update).bytes).toBe(update)
  })

  test('[C19] why in order: of sections that rise, mergeUpdates loses some', () => {
    const section = (client: string) => `02 ${client} 00 04 ${T} 01 61 84 ${client} 00 01 62`
    const rising = hex(`02 ${section('01')} ${section('02')} 00`)
    const other = hex('01 01 02 02 84 02 01 01 63 00')
    const merged = (update: Uint8Array) => {
      const doc = new Y.Doc()
      Y.applyUpdate(doc, Y.mergeUpdates([update, other]))
      return doc.getText('t').toString()
    }
    expect(merged(rising)).toBe('ab')
    expect(merged(accepts(rising))).toBe('ababc')
  })

  test('[C19] ranges are put in order, apart, none empty', () => {
    expect(accepts(hex('00 01 07 03 05 02 00 01 07 01'))).toEqual(hex('00 01 07 02 00 01 05 03'))
    expect(accepts(hex('00 01 07 02 00 03 01 01'))).toEqual(hex('000107010003'))
    expect(accepts(hex('00 01 07 02 00 03 01 05'))).toEqual(hex('000107010006'))
    expect(accepts(hex('00 01 07 02 00 03 03 01'))).toEqual(hex('00 01 07 01 00 04'))
    // As yrs 0.18 wrote it. Yjs throws at such a delete.
    expect(() => Y.applyUpdate(new Y.Doc(), hex('00 01 07 01 00 00'))).toThrow()
    expect(accepts(hex('00 01 99f6878f0e 02 13 00 14 02'))).toEqual(hex('000199f6878f0e011402'))
    expect(accepts(hex('00 02 08 01 00 00 07 01 00 01'))).toEqual(hex('000107010001'))
    expect(accepts(hex('00 01 07 01 05 00'))).toEqual(hex('0000'))
    expect(accepts(hex('00 01 07 00'))).toEqual(hex('00 01 07 00'))
  })

  test('[C19] deletes of a client that come in two places are put together', () => {
    expect(accepts(hex('00 02 07 01 00 01 07 01 01 01'))).toEqual(hex('00 01 07 01 00 02'))
    expect(accepts(hex('00 03 07 01 05 01 09 01 01 01 07 01 02 01'))).toEqual(
      hex('00 02 09 01 01 01 07 02 02 01 05 01'),
    )
  })

  test('[C19] any order of any ids, against a plain sort', () => {
    const random = new Seeded(seedOfRun())
    for (let round = 0; round < 200; round++) {
      const ranges = Array.from({ length: random.int(1, 40) }, () => ({
        client: random.pick([0, 1, 255, 256, 2 ** 32, 2 ** 53 - 1]),
        clock: random.int(0, 70_000),
        length: random.int(0, 300),
      }))
      const update = ranges.map((r) => `${uint(r.client)} 01 ${uint(r.clock)} ${uint(r.length)}`)
      const scan = checkUpdate(hex(`00 ${uint(ranges.length)} ${update.join('')}`))
      const expected: { client: number; clock: number; length: number }[] = []
      for (const range of ranges.sort((a, b) => b.client - a.client || a.clock - b.clock)) {
        const last = expected.at(-1)
        if (range.length === 0) continue
        if (last?.client !== range.client || last.clock + last.length < range.clock) {
          expected.push({ ...range })
        } else last.length = Math.max(last.length, range.clock + range.length - last.clock)
      }
      const found = expected.map((_, row) => ({
        client: scan.deleteClient[row],
        clock: scan.deleteClock[row],
        length: scan.deleteLength[row],
      }))
      expect(found, `SEED=${random.seed}`).toEqual(expected)
      expect(scan.deletes).toBe(expected.length)
    }
  })
})

describe('the scan', () => {
  test('says where everything lies', () => {
    const update = hex(`
      02
      02 08 03  84 08 02 02 6162   c4 07 00 08 00 01 63
      03 07 00  27 01 01 6d 01 6b 01   28 00 07 00 01 78 01 7d05   0a 04
      02 08 01 02 01   07 02 00 01 05 02
    `)
    const scan = checkUpdate(update, new UpdateScan())
    const column = (values: ArrayLike<number>, rows: number) => Array.from(values).slice(0, rows)
    expect(scan.bytes).toBe(update)
    expect(scan).toMatchObject({ sections: 2, structs: 5, deletes: 3, deletesAt: 38 })
    expect(column(scan.sectionClient, 2)).toEqual([8, 7])
    expect(column(scan.sectionFrom, 2)).toEqual([0, 2])
    expect(column(scan.sectionAt, 2)).toEqual([1, 17])
    expect([scan.sectionTo(0), scan.sectionTo(1)]).toEqual([2, 5])
    expect([scan.sectionEnd(0), scan.sectionEnd(1)]).toEqual([17, 38])
    expect(column(scan.at, 5)).toEqual([4, 10, 20, 27, 36])
    expect([0, 1].map((row) => scan.structEnd(0, row))).toEqual([10, 17])
    expect([2, 3, 4].map((row) => scan.structEnd(1, row))).toEqual([27, 36, 38])
    expect(column(scan.contentAt, 5)).toEqual([7, 15, 26, 33, 37])
    expect(column(scan.clock, 5)).toEqual([3, 5, 0, 1, 2])
    expect(column(scan.length, 5)).toEqual([2, 1, 1, 1, 4])
    expect(column(scan.info, 5)).toEqual([0x84, 0xc4, 0x27, 0x28, 0x0a])
    expect(column(scan.originClock, 5)).toEqual([2, 0, NONE, NONE, NONE])
    expect(column(scan.originClient, 2)).toEqual([8, 7])
    expect(column(scan.rightClock, 5)).toEqual([NONE, 0, NONE, NONE, NONE])
    expect(scan.rightClient[1]).toBe(8)
    expect(column(scan.parentClock, 5)).toEqual([NONE, NONE, NONE, 0, NONE])
    expect(scan.parentClient[3]).toBe(7)
    expect(column(scan.deleteClient, 3)).toEqual([8, 7, 7])
    expect(column(scan.deleteClock, 3)).toEqual([2, 0, 5])
    expect(column(scan.deleteLength, 3)).toEqual([1, 1, 2])
    expect([9, 8, 7, 6].map((client) => scan.sectionOf(client))).toEqual([-1, 0, 1, -1])
    expect([2, 3, 4, 5, 6].map((clock) => scan.structOf(0, clock))).toEqual([-1, 0, 0, 1, -1])
    expect(scan.deletesAll(7, 5, 2)).toBe(true)
    expect(scan.deletesAll(7, 5, 3)).toBe(false)
    expect(scan.deletesAll(7, 1, 1)).toBe(false)
    expect(scan.deletesAll(9, 0, 1)).toBe(false)
  })

  test('[C5] grows with the update, and is filled anew by the next one', () => {
    const structs = 5_000
    const update = hex(`01 ${uint(structs)} 07 00 ${'0001'.repeat(structs)} 00`)
    const scan = checkUpdate(update, new UpdateScan())
    expect([scan.structs, scan.clock[structs - 1]]).toEqual([structs, structs - 1])
    checkUpdate(hex('00 00'), scan)
    expect([scan.structs, scan.sections, scan.deletes, scan.deletesAt]).toEqual([0, 0, 0, 1])
  })
})
