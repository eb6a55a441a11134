import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { ORIGIN } from '../../src/core/position.ts'
import { logAppends } from './log/append.ts'
import { logReads } from './log/read.ts'
import { logRemoves } from './log/remove.ts'
import { A, B, LogScene } from './log/scene.ts'
import { logSubscribes } from './log/subscribe.ts'
import { collect, entry, names, type OpenStore, SET_ASIDE_BYTES } from './store.ts'

/** Every promise of the port, on one adapter. */
export function logContract(name: string, open: OpenStore): void {
  describe(`log: ${name}`, () => {
    const scene = new LogScene()
    beforeEach(async () => {
      scene.store = await open()
    })
    afterEach(() => scene.store.close())

    logAppends(scene)
    logReads(scene)
    logSubscribes(scene)
    logRemoves(scene)

    describe('setAside', () => {
      const kept = async () =>
        (await collect(scene.log.listSetAside())).map(({ entity, why, bytes }) => [
          entity,
          why,
          bytes.length,
        ])

      test('[L14] keeps what it is given, for export', async () => {
        await scene.log.setAside(A, new Uint8Array([1, 2, 3]), 'too large')
        await scene.store.reopen()
        const [one, ...more] = await collect(scene.log.listSetAside())
        expect(more).toEqual([])
        expect(one).toMatchObject({ entity: A, why: 'too large' })
        expect([...(one?.bytes ?? [])]).toEqual([1, 2, 3])
        expect(await scene.texts(ORIGIN)).toEqual([])
      })

      test('[L14] is bounded: the oldest go', async () => {
        for (const [i, size] of [400, 300, 200, 300].entries()) {
          await scene.log.setAside(i % 2 === 0 ? A : B, new Uint8Array(size), `${i}`)
        }
        // Each counts with 256 bytes beside its own.
        expect(await kept()).toEqual([
          [B, '1', 300],
          [A, '2', 200],
          [B, '3', 300],
        ])
        await scene.store.reopen()
        const most = SET_ASIDE_BYTES - 256
        await scene.log.setAside(A, new Uint8Array(most), 'all of it')
        expect(await kept()).toEqual([[A, 'all of it', most]])
        await scene.log.setAside(A, new Uint8Array(most + 1), 'more than all')
        expect(await kept()).toEqual([])
      })
    })

    describe('close', () => {
      test('[L15] what is under way is settled first, what comes after is refused', async () => {
        let settled = 0
        const before = names('a', 1, 50).map((id) =>
          scene.log.append(A, entry(id)).then(() => settled++),
        )
        const closed = scene.log.close()
        const after = scene.log.append(A, entry('late'))
        await expect(after).rejects.toMatchObject({ code: 'draining' })
        await closed
        expect(settled).toBe(before.length)
        await scene.log.close()
        await expect(scene.log.read(A, ORIGIN)).rejects.toMatchObject({ code: 'draining' })
        await scene.store.reopen()
        expect(await scene.texts(ORIGIN)).toEqual(names('a', 1, 50))
      })
    })
  })
}
