import { expect, test } from 'vitest'
import { readAwareness } from '../../../src/crdt/awareness.ts'
import { Net, Node } from '../../support/presence-net.ts'
import { entry, LIMITS, Reader } from '../../support/presence-reader.ts'
import { Seeded } from '../../support/seeded.ts'

test('[A16] whatever happens, all nodes end up with the same people', () => {
  for (let run = 0; run < 150; run++) {
    const seeded = new Seeded(run)
    const world = new Net()
    const nodes = ['a', 'b', 'c'].map((name) => new Node(world, name))
    const people = Array.from({ length: 4 }, (_, id) => ({
      id: id + 1,
      clock: 0,
      sockets: [] as { node: Node; reader: Reader }[],
    }))
    for (let step = 0; step < 40; step++) {
      const person = seeded.pick(people)
      const what = seeded.next()
      if (what < 0.3) {
        const socket = { node: seeded.pick(nodes), reader: new Reader() }
        socket.node.readers.add(socket.reader)
        person.sockets.push(socket)
        socket.node.presence.claim(socket.reader, entry(person.id, person.clock, `${person.clock}`))
        // What aligning does to every stock client.
        world.settle()
        const own = socket.node.presence.aligning(socket.reader)
        if (own !== null) {
          person.clock = (readAwareness(own, LIMITS).entries[0]?.clock ?? 0) + 1
          socket.node.presence.hear(
            socket.reader,
            entry(person.id, person.clock, `${person.clock}`),
          )
        }
      } else if (what < 0.6) {
        const socket = person.sockets.at(-1)
        person.clock++
        const state = seeded.chance(0.1) ? null : `${person.clock}`
        socket?.node.presence.hear(socket.reader, entry(person.id, person.clock, state))
      } else if (what < 0.75) {
        const [socket] = person.sockets.splice(0, 1)
        socket?.node.part(socket.reader)
      } else if (what < 0.9) {
        // An echo of what somebody has heard, or a false departure.
        const other = seeded.pick(people)
        const socket = seeded.pick(people).sockets.at(-1)
        if (other.sockets.length > 0) {
          const state = seeded.chance(0.5) ? null : `${other.clock}`
          socket?.node.presence.hear(socket.reader, entry(other.id, other.clock, state))
        }
      } else world.settle()
      if (seeded.chance(0.5)) world.clock.advance(seeded.int(1, 30))
      if (seeded.chance(0.5)) world.deliver()
    }
    world.settle()
    // A clock that was only repeated is not told.
    const states = (node: Node) => node.here.map((one) => one.replace(/:.*=/, '='))
    for (const node of nodes) expect([run, states(node)]).toEqual([run, states(nodes[0] as Node)])
    for (const person of people) {
      const socket = person.sockets.at(-1)
      person.clock += 2
      socket?.node.presence.hear(socket.reader, entry(person.id, person.clock, `${person.clock}`))
    }
    world.settle()
    const there = people.filter(({ sockets }) => sockets.length > 0)
    const expected = there.map(({ id, clock }) => `${id}:${clock}=${clock}`).sort()
    for (const node of nodes)
      expect([run, node.name, node.here]).toEqual([run, node.name, expected])
  }
})
