import { describe, expect, test } from 'vitest'
import * as Y from 'yjs'
import { checkUpdate } from '../../src/crdt/check.ts'
import { scanUpdate } from '../../src/crdt/scan-update.ts'
import { hex } from '../support/hex.ts'
import { one, T, text, uint } from './literals.ts'
import { accepts, refuses } from './verdicts.ts'

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
