import { describe, expect, test } from 'vitest'
import { FIRST_CHECK, ORIGIN, type Position } from '../../../src/core/position.ts'
import { Seeded, seedOfRun } from '../../support/seeded.ts'
import { appendAll, entry, Notes, names } from '../store.ts'
import { A, bare, type LogScene } from './scene.ts'

/** What it promises about `subscribe`. */
export function logSubscribes(scene: LogScene): void {
  describe('subscribe', () => {
    test('[L9] tells what is there, then what comes, in order', async () => {
      const positions = await appendAll(scene.log, A, names('a', 1, 5))
      const notes = new Notes()
      await scene.log.subscribe(A, positions[1] as Position, notes)
      expect(notes.told).toEqual(names('a', 3, 5))
      await appendAll(scene.log, A, names('a', 6, 40))
      expect(notes.told).toEqual(names('a', 3, 40))
      const { entries } = await scene.read(positions[1] as Position)
      expect(bare(notes.entries)).toEqual(bare(entries))
    })

    test('[L9] an own append is told before it resolves', async () => {
      const notes = new Notes()
      await scene.log.subscribe(A, ORIGIN, notes)
      for (const id of names('a', 1, 5)) {
        const { position } = await scene.log.append(A, entry(id))
        expect(notes.last).toEqual(position)
      }
    })

    test('[L9] nothing falls between what is there and what comes', async () => {
      const seed = seedOfRun()
      const random = new Seeded(seed)
      const appends: Promise<unknown>[] = []
      const subscribed: Promise<Notes>[] = []
      for (let i = 1; i <= 200; i++) {
        appends.push(scene.log.append(A, entry(`a${i}`)))
        if (!random.chance(0.1)) continue
        const notes = new Notes()
        subscribed.push(scene.log.subscribe(A, ORIGIN, notes).then(() => notes))
        if (random.chance(0.5)) await appends.at(-1)
      }
      await Promise.all(appends)
      for (const notes of await Promise.all(subscribed)) {
        expect(notes.told, `seed ${seed}`).toEqual(names('a', 1, 200))
      }
    })

    test('[L9] a closed subscription hears no more, others do', async () => {
      const [left, stayed] = [new Notes(), new Notes()]
      const subscription = await scene.log.subscribe(A, ORIGIN, left)
      await scene.log.subscribe(A, ORIGIN, stayed)
      await scene.log.append(A, entry('a1'))
      subscription.close()
      subscription.close()
      await scene.log.append(A, entry('a2'))
      expect([left.told, stayed.told]).toEqual([['a1'], ['a1', 'a2']])
    })

    test('[L10] at a position of another history it begins with a reset, then goes on', async () => {
      await appendAll(scene.log, A, names('a', 1, 3))
      const notes = new Notes()
      await scene.log.subscribe(A, { epoch: '0.lost', offset: 2, check: FIRST_CHECK }, notes)
      await scene.log.append(A, entry('a4'))
      expect(notes.told).toEqual(['reset@3', 'a4'])
    })

    test('[L11] a sink that throws harms neither the append nor the other sinks', async () => {
      const notes = new Notes()
      let told = 0
      const broken = {
        entry: () => {
          told++
          throw new Error('a bug of its owner')
        },
        reset: () => {},
      }
      await scene.log.subscribe(A, ORIGIN, broken)
      await scene.log.subscribe(A, ORIGIN, notes)
      await scene.log.append(A, entry('a1'))
      expect(notes.told).toEqual(['a1'])
      await scene.log.append(A, entry('a2'))
      expect(notes.told).toEqual(['a1', 'a2'])
      expect(told).toBe(1)
    })
  })
}
