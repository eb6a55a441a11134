import { test } from 'vitest'
import * as Y from 'yjs'
import * as Y14 from '@y/y'
import { checkUpdate } from '../../src/crdt/check.ts'
import { Seeded } from '../support/seeded.ts'
import { generated } from './grammar.ts'
import { mutant } from './mutants.ts'
import { runSession } from './sessions/session.ts'
import { Yjs13Peer } from './sessions/yjs-13.ts'
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')
test('x', () => {
  const base = Number(process.env.S ?? 1)
  const n: Record<string, number> = {}
  const note = (k: string, u: Uint8Array, e: unknown) => { const key = k + ' ' + String(e) + ' ' + String((e as Error).stack).split('\n')[1]?.trim(); n[key] = (n[key] ?? 0) + 1; if (n[key] === 1) console.log(key, hex(u), (e as Error).stack) }
  let acc = 0
  const random0 = new Seeded(base)
  const sessions = Array.from({ length: 20 }, () => {
    const peers = [new Yjs13Peer(random0), new Yjs13Peer(random0)]
    const { emitted } = runSession(random0, peers, 40)
    return emitted.map(({ bytes }) => bytes)
  })
  const N = Number(process.env.N ?? 20000)
  for (let i = 0; i < N; i++) {
    const random = new Seeded(base + i)
    const corpus = random.pick(sessions)
    let u
    try { u = checkUpdate(i % 2 ? generated(random) : mutant(random, corpus)).bytes } catch { continue }
    acc++
    // typed roots with observers
    try {
      const d = new Y.Doc()
      for (const t of [d.getText('t'), d.getMap('m'), d.getArray(''), d.getXmlFragment('x')]) { t.observeDeep((evs: any) => { for (const e of evs) { void e.changes; void e.path; try { void e.delta } catch {} } }) }
      Y.applyUpdate(d, u)
      if (d._transactionCleanups.length) throw new Error('cleanups')
      d.getText('t').insert(0, 'a'); d.getMap('m').set('a', 1); d.getArray('').insert(0, [1]); d.getXmlFragment('x').insert(0, [new Y.XmlElement('p')])
      Y.encodeStateAsUpdate(d)
    } catch (e) { note('typed', u, e) }
    // on a base
    try {
      const d = new Y.Doc()
      d.on('update', () => {})
      for (let j = 0; j < 5; j++) Y.applyUpdate(d, random.pick(corpus))
      Y.applyUpdate(d, u)
      if (d._transactionCleanups.length) throw new Error('cleanups')
      Y.encodeStateAsUpdate(d)
      checkUpdate(Y.encodeStateAsUpdate(d))
    } catch (e) { note('onbase', u, e) }
    try {
      const d = new Y.Doc()
      d.on('update', () => {})
      Y.applyUpdate(d, u)
      for (let j = 0; j < 5; j++) Y.applyUpdate(d, random.pick(corpus))
      if (d._transactionCleanups.length) throw new Error('cleanups')
      Y.encodeStateAsUpdate(d)
      checkUpdate(Y.encodeStateAsUpdate(d))
    } catch (e) { note('under', u, e) }
    try {
      const d = new Y14.Doc()
      Y14.applyUpdate(d, u)
      checkUpdate(Y14.encodeStateAsUpdate(d))
    } catch (e) { note('y14', u, e) }
    try { 
      const d = new Y.Doc(); Y.applyUpdate(d, u); for (const [k, t] of d.share) void 0
      void d.getMap('m').toJSON(); 
      const d2 = new Y.Doc(); Y.applyUpdate(d2, u); void d2.getText('t').toDelta(); void d2.getArray('').toJSON(); void d2.getText('t').toString()
    } catch (e) { note('read', u, e) }
  }
  console.log(acc, n)
}, 1000000)
