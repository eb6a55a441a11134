import { describe, expect, test } from 'vitest'
import { DEFAULT_ENTITY, entityOfHash, linkTo } from '../../client/text/entity-link.ts'
import { entityId } from '../../src/core/ids.ts'

describe('the entity of a link', () => {
  test.each([
    ['', DEFAULT_ENTITY],
    ['#', DEFAULT_ENTITY],
    ['#notes', 'notes'],
    ['#notes/today', 'notes/today'],
    ['#notes%2Ftoday', 'notes/today'],
    ['#caf%C3%A9', 'café'],
    ['#café', 'café'],
    ['#two%20words', 'two words'],
    ['#100%', '100%'],
    ['#a%2541', 'a%41'],
    ['#%F0%9F%8D%93', '🍓'],
    ['#a:b', 'a:b'],
    ['##', null],
    ['#why?', null],
    ['#a/../b', null],
    ['#a/%2e%2e/b', null],
    ['#%2e', null],
    ['#a%5Cb', null],
    ['#ends%20', null],
    ['#a%2520b', null],
    ['#tab%09', null],
    ['#line%0Aline', null],
    [`#${'x'.repeat(257)}`, null],
  ])('[P2] %s', (hash, id) => {
    if (id === null) expect(() => entityOfHash(hash)).toThrow(/entity id|address/)
    else expect(entityOfHash(hash)).toBe(id)
  })

  test('[P2] its own link opens it again', () => {
    for (const name of [
      'notes',
      'notes/today',
      'café',
      '100%',
      'a%41',
      '🍓',
      'a b',
      'a"<>`{}^|&=+',
    ]) {
      const link = linkTo(entityId(name), 'https://host/sub/?x=1#other')
      expect(link.startsWith('https://host/sub/?x=1#')).toBe(true)
      expect(entityOfHash(new URL(link).hash), link).toBe(name)
    }
  })

  test('[P11] and a token of its reader is not in it', () => {
    const link = linkTo(entityId('notes'), 'https://host/text/?token=abc&x=1#other')
    expect(link).toBe('https://host/text/?x=1#notes')
  })
})
