import { expect, test } from 'vitest'
import { MemoryDeviceStore } from '../../client/provider/keep/memory.ts'
import { Shelf } from '../../client/provider/keep/shelf.ts'
import { type Note, ShelfStore, type Vault } from '../../client/provider/keep/shelf-store.ts'
import { deviceStoreContract } from '../contract/device-store.contract.ts'

deviceStoreContract('memory', async () => {
  const device = new MemoryDeviceStore()
  return {
    open: (name) => device.open(name),
    forget: (prefix) => device.forget(prefix),
    kill: (store) => store.close(),
    end: async () => {},
  }
})

test('[U58] of what nobody has open, and is saved, the last hundred are remembered', async () => {
  const device = new MemoryDeviceStore()
  const updatesOf = async (name: string) => {
    const store = await device.open(name)
    const { updates } = await store.load()
    await store.close()
    return updates.length
  }
  for (const [name, from] of [
    ['saved', 'server'],
    ['unsaved', 'here'],
  ] as const) {
    const store = await device.open(name)
    await store.keep(new Uint8Array(2), from)
    await store.close()
  }
  const open = await device.open('open')
  await open.keep(new Uint8Array(2), 'server')
  for (let other = 0; other < 99; other++) await updatesOf(`${other}`)
  expect(await updatesOf('saved')).toBe(1)
  for (let other = 0; other < 100; other++) await updatesOf(`${other}`)
  expect([await updatesOf('saved'), await updatesOf('unsaved'), await updatesOf('open')]).toEqual([
    0, 1, 1,
  ])
  await open.close()
})

test('[U98] what was adopted and could not be read is given with the next call', async () => {
  const shelf = new Shelf<Uint8Array>()
  const note: Note = (change, bytes) => shelf.apply(change, bytes)
  let isUnreadable = true
  const bytesOf = async (bytes: Uint8Array) => {
    if (isUnreadable) throw new Error('unreadable')
    return bytes
  }
  const vault: Vault<Uint8Array> = {
    handles: new Set(),
    run: async (work) => work(shelf, note),
    fetch: async (work, read) => read(work(shelf, note), bytesOf),
    left: async () => {},
  }
  const [ann, bob] = [new ShelfStore(vault), new ShelfStore(vault)]
  const id = await ann.keep(Uint8Array.of(1), 'here')
  await ann.close()
  await expect(bob.adopt()).rejects.toThrow('unreadable')
  isUnreadable = false
  expect((await bob.adopt()).map((edit) => edit.id)).toEqual([id])
  expect(await bob.adopt()).toEqual([])
})
