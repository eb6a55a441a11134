import { beforeEach, describe, expect, test } from 'vitest'
import { MESSAGE_BYTES } from '../../../src/bus/bus.ts'
import { ALL_TIDINGS, WHO } from '../../../src/entity/presence/presence-abroad.ts'
import { encodeTidings, readTidings } from '../../../src/entity/presence/tidings.ts'
import { Net, Node } from '../../support/presence-net.ts'
import { entry, LIMITS, type Reader } from '../../support/presence-reader.ts'

let net: Net
let a: Node
let b: Node
let c: Node
beforeEach(() => {
  net = new Net()
  ;[a, b, c] = ['a', 'b', 'c'].map((name) => new Node(net, name)) as [Node, Node, Node]
})

describe('news between nodes', () => {
  test('[A15] what a session says is told to the others once, in one message per round', () => {
    const [ann, bob, cat] = [a.join(), b.join(), c.join()]
    a.presence.claim(ann, entry(1, 5, '"ann"'))
    a.presence.claim(a.join(), entry(2, 5, '"ann’s neighbour"'))
    net.settle()
    expect(bob.heard).toEqual([['1:6="ann"', '2:6="ann’s neighbour"']])
    expect(cat.heard).toEqual(bob.heard)
    expect(net.said).toEqual(['a here'])
    // Its clients answer each frame with what they have heard.
    for (const reader of [bob, cat]) {
      expect(b.presence.hear(reader, entry(1, 6, '"ann"'))).toBe(false)
    }
    a.presence.hear(ann, entry(1, 5, '"old"'))
    net.settle()
    expect(net.said).toEqual(['a here'])
    a.presence.hear(ann, entry(1, 7, '"ann again"'))
    net.settle()
    expect([bob.last, cat.last]).toEqual([['1:7="ann again"'], ['1:7="ann again"']])
    expect(net.said).toHaveLength(2)
  })

  test('[A15] a state set to null passes to all nodes, and comes back', () => {
    const [ann, bob] = [a.join(), b.join()]
    a.presence.claim(ann, entry(1, 5, '"ann"'))
    net.settle()
    a.presence.hear(ann, entry(1, 7, null))
    net.settle()
    expect(bob.last).toEqual(['1:7=null'])
    expect(b.here).toEqual([])
    a.presence.hear(ann, entry(1, 8, '"back"'))
    net.settle()
    expect(bob.last).toEqual(['1:8="back"'])
  })

  test('[A15] what many say goes out in messages within the bound, and is all heard', () => {
    const bob = b.join()
    const long = `"${'x'.repeat(16_000)}"`
    for (let id = 1; id <= 10; id++) a.presence.claim(a.join(), entry(id, 1, long))
    net.settle()
    expect(net.said.length).toBeGreaterThan(1)
    expect(b.here).toHaveLength(10)
    expect(bob.heard.flat()).toHaveLength(10)
  })

  test('[A15] a state that no message can hold is left out alone', () => {
    const state = new Uint8Array(MESSAGE_BYTES)
    const owned = [{ client: 1, clock: 1, state }, entry(2, 1, '1')]
    const [body] = [...encodeTidings({ owned, spoken: [], left: [] })]
    expect(body?.length).toBeLessThan(100)
    expect(readTidings(body as Uint8Array, LIMITS)?.owned).toHaveLength(1)
  })

  test('[A15] what another node says is checked like what a client says', () => {
    const owned = [entry(1, 1, '{"a":1'), entry(2, 1, '[]'), entry(3, 2 ** 31, '1')]
    const [body] = [...encodeTidings({ owned, spoken: [], left: [] })] as [Uint8Array]
    expect(readTidings(body, LIMITS)?.owned.map(({ client }) => client)).toEqual([2])
    for (let end = 0; end < body.length; end++) {
      expect(readTidings(body.subarray(0, end), LIMITS)).toBeNull()
    }
    b.presence.abroad?.heard(ALL_TIDINGS, body.subarray(1), 'a')
    expect(b.here).toEqual([])
  })

  test('[A20] a node on which nobody says anything answers nothing', () => {
    a.join()
    net.say('b', WHO, new Uint8Array(0))
    net.settle()
    expect(net.said).toEqual(['b who-is-here'])
  })
})

describe('[A16] another node is an owner or a speaker like a session', () => {
  test('while an id has an owner there, nobody here is heard about it', () => {
    const [ann, bob] = [a.join(), b.join()]
    a.presence.claim(ann, entry(1, 5, '"ann"'))
    net.settle()
    for (const state of [null, '"forged"']) {
      expect(b.presence.hear(bob, entry(1, 2 ** 30, state))).toBe(false)
    }
    // Also what a session of another node says without owning it.
    const [body] = [...encodeTidings({ owned: [], spoken: [entry(1, 99, '"forged"')], left: [] })]
    c.presence.abroad?.heard('here', body as Uint8Array, 'b')
    expect(c.here).toEqual(['1:6="ann"'])
  })

  test('an id without owner is taken from whoever is newer, on any node, and taken back by them', () => {
    const [ann, bob, cat] = [a.join(), b.join(), c.join()]
    expect(a.presence.hear(ann, entry(1, 1, '"late"'))).toBe(true)
    net.settle()
    expect(cat.last).toEqual(['1:1="late"'])
    expect(b.presence.hear(bob, entry(1, 1, '"echo"'))).toBe(false)
    expect(b.presence.hear(bob, entry(1, 2, null))).toBe(false)
    expect(b.presence.hear(bob, entry(1, 2, '"moved"'))).toBe(true)
    net.settle()
    expect(cat.last).toEqual(['1:2="moved"'])
    // The first one speaks for it no more: its end ends nothing.
    a.part(ann)
    net.settle()
    expect(c.here).toEqual(['1:2="moved"'])
    expect(b.presence.hear(bob, entry(1, 2, null))).toBe(true)
    net.settle()
    expect(cat.last).toEqual(['1:3=null'])
  })

  test('a claim displaces who spoke for it on another node', () => {
    const [ann, bob] = [a.join(), b.join()]
    b.presence.hear(bob, entry(1, 9, '"forged"'))
    net.settle()
    a.presence.claim(ann, entry(1, 2, '"ann"'))
    net.settle()
    expect(b.here).toEqual(['1:10="ann"'])
    b.part(bob)
    net.settle()
    expect(c.here).toEqual(['1:10="ann"'])
  })

  test('it speaks for 10,000 ids and no more', () => {
    for (let from = 0; from < 12_000; from += 1_000) {
      const owned = Array.from({ length: 1_000 }, (_, i) => entry(from + i, 1, '1'))
      for (const body of encodeTidings({ owned, spoken: [], left: [] })) {
        b.presence.abroad?.heard('here', body, 'a')
      }
    }
    expect(b.here).toHaveLength(10_000)
  })
})

describe('[A17] leaving', () => {
  test('is heard on all nodes at once, at the same clock', () => {
    const [ann, bob, cat] = [a.join(), b.join(), c.join()]
    a.presence.claim(ann, entry(1, 5, '"ann"'))
    net.settle()
    a.part(ann)
    net.deliver()
    expect([bob.last, cat.last]).toEqual([['1:7=null'], ['1:7=null']])
  })

  test('is none while a session on another node owns the id, whoever hears of it in which order', () => {
    const old = a.join()
    const [bob, cat] = [b.join(), c.join()]
    a.presence.claim(old, entry(1, 5, '"ann"'))
    net.settle()
    // The network under it changed: it is on another node before its old socket is known to be dead.
    const fresh = b.join()
    b.presence.claim(fresh, entry(1, 5, '"ann"'))
    net.settle()
    a.part(old)
    net.settle()
    // Two above, since one above is where its end on the other node may stand.
    for (const reader of [bob, cat]) expect(reader.heard).toEqual([['1:6="ann"'], ['1:8="ann"']])
    for (const node of [a, b, c]) expect(node.here).toEqual(['1:8="ann"'])
    b.part(fresh)
    net.settle()
    for (const reader of [bob, cat]) expect(reader.last).toEqual(['1:9=null'])
    expect(a.here).toEqual([])
  })

  test.each(['"ann"', '"new"'])('and coming at the same moment, on two nodes: %s', (state) => {
    const old = a.join()
    const cat = c.join()
    a.presence.claim(old, entry(1, 5, '"ann"'))
    net.settle()
    // Neither has heard the other when it speaks.
    a.part(old)
    b.presence.claim(b.join(), entry(1, 5, state))
    net.settle()
    for (const node of [a, b, c]) expect(node.here).toEqual([`1:8=${state}`])
    expect(cat.last).toEqual([`1:8=${state}`])
  })

  test('of the last member of an entity that is closed there is told too', () => {
    const ann = a.join()
    a.presence.claim(ann, entry(1, 5, '"ann"'))
    net.settle()
    a.presence.close()
    net.settle()
    expect(b.here).toEqual([])
  })
})

describe('[A18] a node that is gone', () => {
  test('takes everybody along for whom nobody else speaks', () => {
    const [ann, both] = [a.join(), a.join()]
    a.presence.claim(ann, entry(1, 5, '"ann"'))
    a.presence.claim(both, entry(2, 5, '"both"'))
    net.settle()
    const cat = c.join()
    b.presence.claim(b.join(), entry(2, 6, '"both"'))
    net.settle()
    expect(cat.last).toEqual(['2:8="both"'])
    net.nodes.delete('a')
    for (const node of [b, c]) node.presence.abroad?.gone('a')
    net.settle()
    expect(cat.last).toEqual(['1:7=null'])
    for (const node of [b, c]) expect(node.here).toEqual(['2:8="both"'])
  })

  test('and was only asleep has its clients go above, and say again who they are', () => {
    const ann = a.join()
    a.presence.claim(ann, entry(1, 5, '"ann"'))
    net.settle()
    for (const node of [b, c]) node.presence.abroad?.gone('a')
    net.settle()
    expect(b.here).toEqual([])
    a.presence.abroad?.refresh()
    a.presence.realign()
    net.settle()
    expect(ann.aligned).toEqual([['1:10006=null']])
    // Every client of y-protocols answers null about itself so.
    a.presence.hear(ann, entry(1, 10_007, '"ann"'))
    net.settle()
    for (const node of [b, c]) expect(node.here).toEqual(['1:10007="ann"'])
  })

  test('leaves nobody behind, and takes nobody along, when its sessions are sent away in order', () => {
    const [ann, stays] = [a.join(), a.join()]
    a.presence.claim(ann, entry(1, 5, '"ann"'))
    a.presence.claim(stays, entry(2, 5, '"goes"'))
    net.settle()
    const cat = c.join()
    a.part(ann, false)
    a.part(stays, false)
    net.settle()
    // Also when somebody asks meanwhile, and when the process closes what is open.
    net.say('b', WHO, new Uint8Array(0))
    net.settle()
    a.presence.close()
    net.nodes.delete('a')
    net.settle()
    expect(cat.heard).toEqual([])
    b.presence.claim(b.join(), entry(1, 6, '"ann"'))
    net.settle()
    for (const node of [b, c]) node.presence.abroad?.gone('a')
    net.settle()
    expect(cat.heard).toEqual([['1:8="ann"'], ['2:7=null']])
    for (const node of [b, c]) expect(node.here).toEqual(['1:8="ann"'])
  })
})

describe('[A19] who comes late, and what was missed', () => {
  test('a node that asks is told by each about its own, and about nobody else', () => {
    a.presence.claim(a.join(), entry(1, 5, '"ann"'))
    b.presence.hear(b.join(), entry(2, 5, '"bob"'))
    net.settle()
    const late = new Node(net, 'late')
    const before = net.said.length
    net.say('late', WHO, new Uint8Array(0))
    net.settle()
    expect(late.here).toEqual(['1:6="ann"', '2:5="bob"'])
    expect(net.said.slice(before).sort()).toEqual(['a all-here', 'b all-here', 'late who-is-here'])
    b.part([...b.readers][0] as Reader)
    net.settle()
    expect(late.here).toEqual(['1:6="ann"'])
  })

  test('after a gap nobody is missing, and nobody is there who is not', () => {
    const [ann, bob] = [a.join(), b.join()]
    a.presence.claim(ann, entry(1, 5, '"ann"'))
    b.presence.claim(bob, entry(2, 5, '"bob"'))
    net.settle()
    net.lossy = true
    a.part(ann)
    const carl = a.join()
    a.presence.claim(carl, entry(3, 5, '"carl"'))
    b.part(bob)
    net.settle()
    net.lossy = false
    expect(c.here).toEqual(['1:6="ann"', '2:6="bob"'])
    for (const node of [a, b, c]) node.presence.abroad?.refresh()
    net.settle()
    for (const node of [a, b, c]) expect(node.here).toEqual(['3:6="carl"'])
    net.clock.advance(10_000)
    for (const node of [a, b, c]) expect(node.here).toEqual(['3:6="carl"'])
  })

  test('a node that alone has missed something asks the others, who have no gap', () => {
    const ann = a.join()
    a.presence.claim(ann, entry(1, 5, '"ann"'))
    net.settle()
    net.lossy = true
    a.part(ann)
    a.presence.claim(a.join(), entry(3, 5, '"carl"'))
    net.settle()
    net.lossy = false
    c.presence.abroad?.refresh()
    net.settle()
    expect(c.here).toEqual(['3:6="carl"'])
    expect(b.here).toEqual(['3:6="carl"'])
    net.clock.advance(10_000)
    expect(c.here).toEqual(['3:6="carl"'])
  })

  test('who says nothing after a gap is not there', () => {
    a.presence.claim(a.join(), entry(1, 5, '"ann"'))
    net.settle()
    net.nodes.delete('a')
    b.presence.abroad?.refresh()
    net.settle()
    expect(b.here).toEqual(['1:6="ann"'])
    net.clock.advance(5_000)
    expect(b.here).toEqual([])
  })
})
