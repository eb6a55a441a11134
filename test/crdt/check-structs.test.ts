import { describe, expect, test } from 'vitest'
import { checkUpdate } from '../../src/crdt/check.ts'
import { hex } from '../support/hex.ts'
import { one, T, text, uint } from './literals.ts'
import { accepts, refuses } from './verdicts.ts'

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
