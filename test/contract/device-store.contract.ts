import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type EntityStore, type Kept, MOST_ASIDE } from '../../client/provider/store.ts'
import { until } from '../support/deadline.ts'

/** A device with nothing on it. A tab is closed, or dies without a word. */
export interface Device {
  /** In a tab of its own. */
  open(name: string): Promise<EntityStore>
  /** In none of these tabs, or in one of them. */
  forget(prefix: string): Promise<void>
  /** Ends that tab as a crash does, as far as there is such a thing here. */
  kill(store: EntityStore): Promise<void>
  end(): Promise<void>
}

const bytes = (...values: number[]) => Uint8Array.from(values)
const position = (offset: number, epoch = '0.abc') => `${epoch}:${offset}:0000000000000000`
const aside = (update: Uint8Array) => ({ update, code: 'too-large', reason: 'too large', at: 5 })

export function deviceStoreContract(name: string, make: () => Promise<Device>): void {
  describe(`what is kept: ${name}`, () => {
    let device: Device
    beforeEach(async () => {
      device = await make()
    })
    afterEach(() => device.end())

    const open = (entity = 'one') => device.open(entity)
    const updates = async (store: EntityStore) => (await store.load()).updates.map((u) => [...u])

    test('[U40] nothing is kept at first', async () => {
      const nothing: Kept = { updates: [], position: '', beyond: false, last: 0, aside: [] }
      expect(await (await open()).load()).toEqual(nothing)
    })

    test('[U40] what was kept is loaded in its order by later tabs, and under its name only', async () => {
      const ann = await open()
      const ids = await Promise.all([
        ann.keep(bytes(1), 'server'),
        ann.keep(bytes(2, 2), 'here'),
        ann.keep(bytes(), 'server'),
      ])
      expect(ids).toEqual([...ids].sort((a, b) => a - b))
      expect(new Set(ids).size).toBe(3)
      expect(await updates(ann)).toEqual([[1], [2, 2], []])
      expect(await updates(await open())).toEqual([[1], [2, 2], []])
      await ann.close()
      expect(await updates(await open())).toEqual([[1], [2, 2], []])
      expect(await updates(await open('two'))).toEqual([])
    })

    test('[U40] bytes are those of the call, whatever becomes of their buffer', async () => {
      const ann = await open()
      const buffer = new Uint8Array(100_000).fill(7)
      const keeping = ann.keep(buffer.subarray(3, 5), 'server')
      buffer.fill(9)
      await keeping
      expect(await updates(ann)).toEqual([[7, 7]])
    })

    test('[U41] acknowledged edits are edits no more, and exactly those', async () => {
      const ann = await open()
      const ids: number[] = []
      for (const n of [1, 2, 3, 4]) ids.push(await ann.keep(bytes(n), 'here'))
      const [first, , third] = ids as [number, number, number]
      const foreign = await ann.keep(bytes(5), 'server')
      await ann.acknowledged([first, third, foreign, 12_345])
      await device.kill(ann)
      const bob = await open()
      expect(await updates(bob)).toEqual([[1], [2], [3], [4], [5]])
      const adopted = await adoptedBy(bob)
      expect(adopted.map(({ update }) => [...update])).toEqual([[2], [4]])
      expect(adopted.map(({ id }) => id)).toEqual([ids[1], ids[3]])
      for (const { madeAt } of adopted) expect(Math.abs(Date.now() - madeAt)).toBeLessThan(60_000)
    })

    test('[U42] the edits of a tab that lives are nobody else’s, those of one that is gone one other’s', async () => {
      const [ann, bob, cat] = [await open(), await open(), await open()]
      await ann.keep(bytes(1), 'here')
      await ann.keep(bytes(2), 'here')
      await bob.keep(bytes(3), 'here')
      expect(await ann.adopt()).toEqual([])
      expect(await bob.adopt()).toEqual([])
      await device.kill(ann)
      const taken: number[] = []
      await until('they are adopted', 10_000, async () => {
        const both = await Promise.all([bob.adopt(), cat.adopt()])
        taken.push(...both.flat().map(({ update }) => update[0] as number))
        return taken.length >= 2
      })
      expect(taken.sort()).toEqual([1, 2])
      expect([...(await bob.adopt()), ...(await cat.adopt())]).toEqual([])
    })

    test('[U42] what was adopted can be adopted again from who adopted it', async () => {
      const [ann, bob] = [await open(), await open()]
      await ann.keep(bytes(1), 'here')
      await ann.close()
      expect((await adoptedBy(bob)).length).toBe(1)
      await bob.close()
      const cat = await open()
      expect((await adoptedBy(cat)).map(({ update }) => [...update])).toEqual([[1]])
    })

    test('[U43] what comes after the position is behind it', async () => {
      const ann = await open()
      const edit = await ann.keep(bytes(1), 'here')
      expect(await ann.load()).toMatchObject({ position: '', beyond: false })
      await ann.keep(bytes(2), 'server')
      expect(await ann.load()).toMatchObject({ position: '', beyond: true })
      await ann.standAt(position(2), false)
      expect(await ann.load()).toMatchObject({ position: position(2), beyond: false })
      await ann.keep(bytes(3), 'server')
      await ann.acknowledged([edit])
      await ann.close()
      expect(await (await open()).load()).toMatchObject({ position: position(2), beyond: true })
    })

    test('[U43] what was acknowledged since is behind the position, wherever it was kept', async () => {
      const ann = await open()
      const edits = [await ann.keep(bytes(1), 'here'), await ann.keep(bytes(2), 'here')]
      await ann.standAt(position(1), false)
      expect((await ann.load()).beyond).toBe(false)
      await ann.acknowledged([edits[0] as number])
      const bob = await open()
      expect(await bob.load()).toMatchObject({
        position: position(1),
        beyond: true,
        last: edits[1],
      })
      await bob.standAt(position(2), false)
      expect((await bob.load()).beyond).toBe(false)
      await ann.acknowledged([edits[1] as number])
      await bob.standAt(position(3), false)
      expect((await (await open()).load()).beyond).toBe(true)
      await ann.standAt(position(3), false)
      expect((await ann.load()).beyond).toBe(false)
    })

    test('[U43] each tab vouches for what it loaded and kept, and for nothing else', async () => {
      const ann = await open()
      await ann.keep(bytes(1), 'server')
      const bob = await open()
      await bob.load()
      await ann.keep(bytes(2), 'server')
      await bob.keep(bytes(3), 'server')
      await bob.standAt(position(3), false)
      expect(await bob.load()).toMatchObject({ position: position(3), beyond: true })
      await ann.standAt(position(2), false)
      expect(await (await open()).load()).toMatchObject({ position: position(3), beyond: false })
      await ann.standAt(position(4), true)
      expect(await (await open()).load()).toMatchObject({ position: position(4), beyond: true })
      await ann.standAt(position(4), false)
      expect(await (await open()).load()).toMatchObject({ position: position(4), beyond: false })
      await ann.standAt(position(1, '0.other'), false)
      expect(await ann.load()).toMatchObject({ position: position(1, '0.other') })
    })

    test('[U44] a state takes the place of what is known to who made it', async () => {
      const ann = await open()
      await ann.keep(bytes(1), 'server')
      const bob = await open()
      await bob.keep(bytes(2), 'server')
      await ann.load()
      await bob.keep(bytes(3), 'server')
      const last = await ann.keep(bytes(4), 'server')
      await ann.keep(bytes(5), 'server')
      await ann.standAt(position(9), false)
      await ann.compact(bytes(1, 2, 4), last)
      expect(await updates(ann)).toEqual([[1, 2, 4], [3], [5]])
      await bob.standAt(position(9), false)
      expect(await (await open()).load()).toMatchObject({ position: position(9), beyond: true })
      await ann.standAt(position(10), false)
      expect(await ann.load()).toMatchObject({ position: position(10), beyond: false })
    })

    test('[U44] edits that a state holds are still sent, and then gone', async () => {
      const ann = await open()
      const edits = [await ann.keep(bytes(1), 'here'), await ann.keep(bytes(2), 'here')]
      const last = await ann.keep(bytes(3), 'server')
      await ann.compact(bytes(1, 2, 3), last)
      expect(await updates(ann)).toEqual([[1, 2, 3]])
      await ann.acknowledged([edits[0] as number])
      await device.kill(ann)
      const bob = await open()
      const adopted = await adoptedBy(bob)
      expect(adopted.map(({ id, update }) => [id, ...update])).toEqual([[edits[1], 2]])
      await bob.acknowledged([edits[1] as number])
      expect(await updates(bob)).toEqual([[1, 2, 3]])
      await bob.compact(bytes(1, 2, 3, 4), await bob.keep(bytes(4), 'server'))
      expect(await updates(bob)).toEqual([[1, 2, 3, 4]])
      expect(await (await open()).adopt()).toEqual([])
    })

    test('[U45] what others keep is told, and that they have gone', async () => {
      const [ann, bob] = [await open(), await open()]
      const told: string[] = []
      let gone = 0
      const enough = bob.onOther((update, from) => told.push(`${from} ${update}`))
      bob.onGone(() => gone++)
      ann.onOther(() => told.push('its own'))
      await ann.keep(bytes(1), 'here')
      const last = await ann.keep(bytes(2, 3), 'server')
      await until('both are told', 10_000, () => told.length === 2)
      expect(told).toEqual(['here 1', 'server 2,3'])
      // What bob was told he knows: his state takes its place.
      await bob.compact(bytes(9), last)
      expect(await updates(bob)).toEqual([[9]])
      enough()
      await ann.keep(bytes(4), 'here')
      expect(gone).toBe(0)
      await device.kill(ann)
      await until('ann is gone', 10_000, () => gone === 1)
      expect(told.length).toBe(2)
      expect((await adoptedBy(bob)).map(({ update }) => [...update])).toEqual([[1], [4]])
    })

    test('[U46] what was not taken is held, within bounds, until it is forgotten', async () => {
      const ann = await open()
      const edit = await ann.keep(bytes(1), 'here')
      const first = await ann.setAside(aside(bytes(1)), [edit])
      expect(first).toEqual({ ...aside(bytes(1)), id: first.id })
      expect(await ann.load()).toMatchObject({ aside: [first], updates: [bytes(1)] })
      await ann.forgetAside(first.id)
      for (let n = 0; n <= MOST_ASIDE; n++) await ann.setAside(aside(bytes(n)), [])
      await device.kill(ann)
      const bob = await open()
      expect(await bob.adopt()).toEqual([])
      const held = (await bob.load()).aside.map(({ update }) => update[0])
      expect(held).toEqual(Array.from({ length: MOST_ASIDE }, (_, n) => n + 1))
    })

    test('[U46] the newest stays, however large it is', async () => {
      const ann = await open()
      await ann.setAside(aside(bytes(1)), [])
      await ann.setAside(aside(new Uint8Array(17 * 1024 * 1024)), [])
      const sizes = async () => (await ann.load()).aside.map(({ update }) => update.length >> 20)
      expect(await sizes()).toEqual([17])
      await ann.setAside(aside(bytes(2)), [])
      expect(await sizes()).toEqual([0])
    })

    test('[U47] wiping forgets all but what is set aside, and no id comes again', async () => {
      const ann = await open()
      const ids = [await ann.keep(bytes(1), 'here'), await ann.keep(bytes(2), 'server')]
      await ann.standAt(position(2), false)
      const held = await ann.setAside(aside(bytes(3)), [])
      await ann.wipe()
      const left: Kept = { updates: [], position: '', beyond: false, last: 0, aside: [held] }
      expect(await ann.load()).toEqual(left)
      expect(await ann.keep(bytes(4), 'here')).toBeGreaterThan(Math.max(...ids))
      await ann.acknowledged(ids)
      await device.kill(ann)
      expect((await adoptedBy(await open())).map(({ update }) => [...update])).toEqual([[4]])
    })

    test('[U76] what begins so is forgotten, edits and what is set aside included, and nothing else', async () => {
      for (const name of ['ann one', 'ann two', 'anna one', 'bob ann one']) {
        const store = await open(name)
        await store.keep(bytes(1), 'here')
        await store.setAside(aside(bytes(2)), [])
        await store.close()
      }
      await device.forget('ann ')
      await device.forget('ann ')
      const left = async (name: string) => {
        const { updates, aside } = await (await open(name)).load()
        return [updates.length, aside.length]
      }
      expect(await left('ann one')).toEqual([0, 0])
      expect(await left('ann two')).toEqual([0, 0])
      expect(await left('anna one')).toEqual([1, 1])
      expect(await left('bob ann one')).toEqual([1, 1])
    })

    test('[U76] while one of them is open nothing is forgotten; what a tab left that died is', async () => {
      const [ann, bob] = [await open('ann one'), await open('bob one')]
      for (const store of [ann, bob]) await store.keep(bytes(1), 'here')
      const second = await open('ann two')
      await second.keep(bytes(2), 'here')
      await second.close()
      await expect(device.forget('ann ')).rejects.toThrow('In use')
      expect(await updates(ann)).toEqual([[1]])
      expect(await updates(await open('ann two'))).toEqual([[2]])
      await expect(device.forget('ann two')).rejects.toThrow('In use')
      await expect(device.forget('bob ')).rejects.toThrow('In use')
      await device.kill(bob)
      await device.forget('bob ')
      expect(await updates(await open('bob one'))).toEqual([])
    })

    test('[U49] closing finishes what was asked for, and is the end', async () => {
      const ann = await open()
      const keeping = ann.keep(bytes(1), 'here')
      await Promise.all([ann.close(), ann.close()])
      expect(await keeping).toBeGreaterThan(0)
      await expect(ann.keep(bytes(2), 'here')).rejects.toThrow('closed')
      await expect(ann.load()).rejects.toMatchObject({ name: 'StorageTrouble' })
      const bob = await open()
      expect(await updates(bob)).toEqual([[1]])
      expect((await bob.adopt()).length).toBe(1)
    })
  })
}

/** A tab's end becomes known a little after it. */
async function adoptedBy(store: EntityStore) {
  const adopted = [...(await store.adopt())]
  await until('something is adopted', 10_000, async () => {
    if (adopted.length === 0) adopted.push(...(await store.adopt()))
    return adopted.length > 0
  })
  return adopted
}
