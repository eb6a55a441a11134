import { spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { open } from 'node:fs/promises'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { FileDeviceStore } from '../../client/provider/node/file-store.ts'
import { recordOf } from '../../client/provider/node/records.ts'
import type { EntityStore } from '../../client/provider/store.ts'
import { deviceStoreContract } from '../contract/device-store.contract.ts'
import { Seeded } from '../support/seeded.ts'

const newFolder = () => mkdtempSync(join(tmpdir(), 'tributary-kept-'))

deviceStoreContract('files', async () => {
  const folder = newFolder()
  const device = new FileDeviceStore(join(folder, 'made'))
  const stores: EntityStore[] = []
  return {
    async open(name) {
      const store = await device.open(name)
      stores.push(store)
      return store
    },
    forget: (prefix) => device.forget(prefix),
    kill: (store) => store.close(),
    async end() {
      await Promise.all(stores.map((store) => store.close()))
      rmSync(folder, { recursive: true })
    },
  }
})

describe('what is kept in a file', () => {
  let folder = ''
  beforeEach(() => {
    folder = newFolder()
  })
  afterEach(() => {
    vi.restoreAllMocks()
    rmSync(folder, { recursive: true })
  })
  const bytes = (...values: number[]) => Uint8Array.from(values)
  const opened = (name = 'one') => new FileDeviceStore(folder).open(name)
  /** What all files have in common. */
  const diskOf = async () => {
    const handle = await open(fileOf(), 'r')
    await handle.close()
    return Object.getPrototypeOf(handle) as typeof handle
  }
  const fileOf = () => {
    const [name] = readdirSync(folder).filter((each) => /^[0-9a-f]+$/.test(each))
    return join(folder, name ?? 'none')
  }
  /** What is there after an update for each of these was kept, and the file was changed. */
  async function keptAfter(values: number[], change: (file: Buffer) => Buffer) {
    const ann = await opened()
    for (const value of values) await ann.keep(new Uint8Array(50).fill(value), 'here')
    await ann.standAt('0.abc:3:0000000000000000', false)
    await ann.close()
    writeFileSync(fileOf(), change(readFileSync(fileOf())))
    const bob = await opened()
    const kept = await bob.load()
    await bob.close()
    return { ...kept, values: kept.updates.map(([value]) => value) }
  }

  test('[U50] a file whose end was cut anywhere has what was whole, and goes on', async () => {
    const random = new Seeded(7)
    for (let round = 0; round < 20; round++) {
      let left = 0
      const { values } = await keptAfter([1, 2, 3], (file) => {
        left = random.int(0, file.length)
        return file.subarray(0, left)
      })
      expect(values, `${left} bytes left`).toEqual([1, 2, 3].slice(0, values.length))
      const ann = await opened()
      await ann.keep(bytes(9), 'here')
      await ann.close()
      const bob = await opened()
      expect((await bob.load()).updates.map(([value]) => value)).toEqual([...values, 9])
      await bob.close()
      expect(readdirSync(folder).length, 'nothing is put beside but its name').toBe(2)
      rmSync(fileOf())
    }
  })

  test('[U50] zeros behind the end, which a host that died leaves, are no damage', async () => {
    const { values } = await keptAfter([1, 2], (file) => Buffer.concat([file, Buffer.alloc(5_000)]))
    expect(values).toEqual([1, 2])
    expect(readdirSync(folder).length).toBe(2)
  })

  test('[U50] a byte that flipped costs its own record, and the position; the file is put beside', async () => {
    const flipped = (file: Buffer) => {
      const at = file.indexOf(new Uint8Array(50).fill(2)) + 20
      file[at] = 77
      return file
    }
    const { values, position } = await keptAfter([1, 2, 3], flipped)
    expect(values).toEqual([1, 3])
    expect(position).toBe('')
    expect(readdirSync(folder).filter((name) => name.endsWith('.damaged')).length).toBe(1)
  })

  test('[U50] what a later version wrote is left as it is', async () => {
    const later = recordOf({ is: 'file', version: 2 }).record
    await (await opened()).close()
    writeFileSync(fileOf(), later)
    await expect(opened()).rejects.toMatchObject({ trouble: 'later' })
    expect(readFileSync(fileOf())).toEqual(later)
  })

  test('[U50] a file does not grow with what it no longer has to hold', async () => {
    const ann = await opened()
    for (let round = 0; round < 30; round++) {
      const last = await ann.keep(new Uint8Array(20_000), 'server')
      await ann.compact(new Uint8Array(20_000).fill(round), last)
    }
    await ann.keep(bytes(5), 'here')
    expect(statSync(fileOf()).size).toBeLessThan(200_000)
    await ann.close()
    const bob = await opened()
    expect((await bob.load()).updates.map(([value]) => value)).toEqual([29, 5])
    expect((await bob.adopt()).length).toBe(1)
    await bob.close()
  })

  test('[U56] nor with each start', async () => {
    let last = 0
    for (let start = 0; start < 12; start++) {
      const ann = await opened()
      last = Math.max(last, (await ann.load()).last)
      if (start === 0) last = await ann.keep(new Uint8Array(20_000), 'here')
      await ann.compact(new Uint8Array(20_000).fill(start), last)
      await ann.close()
    }
    // Twice what it has to hold, an edit and a state, and some slack.
    expect(statSync(fileOf()).size).toBeLessThan(170_000)
  })

  test('[U47] what was wiped is not in the file any more', async () => {
    const ann = await opened()
    await ann.keep(new Uint8Array(50).fill(77), 'here')
    const last = await ann.keep(bytes(1), 'here')
    await ann.wipe()
    expect(await ann.keep(bytes(2), 'here')).toBeGreaterThan(last)
    expect(readFileSync(fileOf()).includes(Buffer.alloc(50, 77))).toBe(false)
    await ann.close()
  })

  test('[U48] a disk that is full, or fails to sync: nothing is called kept, and it is tried again', async () => {
    const ann = await opened()
    const [first, second] = [await ann.keep(bytes(1), 'here'), await ann.keep(bytes(2), 'server')]
    expect(second).toBeGreaterThan(first)
    const disk = await diskOf()
    for (const [code, trouble, part] of [
      ['ENOSPC', 'full', 'write'],
      ['EIO', 'blocked', 'datasync'],
    ] as const) {
      const failing = vi.spyOn(disk, part)
      failing.mockRejectedValueOnce(Object.assign(new Error(code), { code }))
      await expect(ann.keep(bytes(3), 'here')).rejects.toMatchObject({ trouble })
      failing.mockRestore()
      expect((await ann.load()).updates.map(([value]) => value)).toEqual([1, 2])
    }
    const position = '0.abc:3:0000000000000000'
    await expect(ann.standAt(position, false)).rejects.toMatchObject({ trouble: 'hole' })
    const last = await ann.keep(bytes(4), 'server')
    await expect(ann.standAt(position, false)).rejects.toMatchObject({ trouble: 'hole' })
    await ann.compact(bytes(1, 2, 3, 4), last)
    await ann.standAt(position, false)
    await ann.close()
    const bob = await opened()
    expect(await bob.load()).toMatchObject({ updates: [bytes(1, 2, 3, 4)], position })
    expect((await bob.adopt()).map(({ id }) => id)).toEqual([first])
    await bob.close()
  })

  test('[U48] a whole state that could not be written: nothing that came meanwhile is standing', async () => {
    const ann = await opened()
    await ann.keep(bytes(1), 'server')
    const write = vi.spyOn(await diskOf(), 'write')
    const full = Object.assign(new Error('ENOSPC'), { code: 'ENOSPC' })
    write.mockRejectedValueOnce(full)
    await expect(ann.keep(bytes(2), 'server')).rejects.toMatchObject({ trouble: 'full' })
    const last = await ann.keep(bytes(3), 'server')
    let stand = Promise.resolve()
    write.mockImplementationOnce(async () => {
      stand = ann.standAt('0.abc:3:0000000000000000', false)
      throw full
    })
    await expect(ann.compact(bytes(1, 2, 3), last)).rejects.toMatchObject({ trouble: 'full' })
    await expect(stand).rejects.toMatchObject({ trouble: 'hole' })
    expect(await ann.load()).toMatchObject({ updates: [bytes(1), bytes(3)], position: '' })
    await ann.close()
  })

  test('[U48] a lock that cannot be read: nothing is kept until it can, and closing ends all the same', async () => {
    const ann = await opened()
    await ann.keep(bytes(1), 'server')
    const lock = `${fileOf()}.lock`
    const text = readFileSync(lock)
    const spoil = () => {
      rmSync(lock)
      mkdirSync(lock)
    }
    spoil()
    await expect(ann.keep(bytes(2), 'here')).rejects.toMatchObject({ trouble: 'blocked' })
    rmSync(lock, { recursive: true })
    writeFileSync(lock, text)
    await ann.keep(bytes(3), 'here')
    expect((await ann.load()).updates).toEqual([bytes(1), bytes(3)])
    spoil()
    await ann.close()
  })

  test('[U51] an entity is one process’s at a time, and the next one’s when that is gone', async () => {
    const ann = await opened()
    await expect(opened()).rejects.toMatchObject({ trouble: 'busy' })
    await ann.close()
    await (await opened()).close()
    expect(readdirSync(folder).filter((name) => name.includes('lock'))).toEqual([])

    const lock = `${fileOf()}.lock`
    const other = spawn(process.execPath, ['-e', 'setTimeout(() => {}, 60_000)'])
    await once(other, 'spawn')
    const held = { pid: other.pid, host: hostname(), started: startOf(other.pid as number) }
    writeFileSync(lock, JSON.stringify(held))
    await expect(opened()).rejects.toThrow(`process ${other.pid}`)
    other.kill('SIGKILL')
    await once(other, 'exit')
    // Two at once, of which one gets it.
    const both = await Promise.allSettled([opened('one'), opened('one')])
    expect(both.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
    for (const each of both) if (each.status === 'fulfilled') await each.value.close()
    // A later process with the same number is another one.
    writeFileSync(lock, JSON.stringify({ ...held, pid: process.pid }))
    await (await opened('one')).close()
    writeFileSync(lock, JSON.stringify({ ...held, host: 'elsewhere' }))
    await expect(opened()).rejects.toMatchObject({ trouble: 'busy' })
  })

  test('[U51] a lock whose holder the disk has lost, as a loss of power does, is nobody’s', async () => {
    await (await opened()).close()
    const lock = `${fileOf()}.lock`
    for (const left of ['', '{"pid":12', 'null']) {
      writeFileSync(lock, left)
      await (await opened()).close()
      writeFileSync(lock, left)
      await new FileDeviceStore(folder).forget('one')
      expect(readdirSync(folder)).toEqual([])
      await (await opened()).close()
    }
  })

  test('[U57] a host, or container, that gives no sign of life for a minute is gone', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
    const ann = await opened()
    const lock = `${fileOf()}.lock`
    const old = new Date(Date.now() - 61_000)
    utimesSync(lock, old, old)
    vi.advanceTimersByTime(10_000)
    expect(statSync(lock).mtimeMs, 'it says that it lives').toBeGreaterThan(Date.now() - 30_000)
    vi.useRealTimers()
    // As another container sees it, to which this process is nothing.
    writeFileSync(lock, readFileSync(lock, 'utf8').replace(hostname(), 'elsewhere'))
    await expect(opened()).rejects.toMatchObject({ trouble: 'busy' })
    utimesSync(lock, old, old)
    const bob = await opened()
    await bob.keep(bytes(1), 'here')
    // Who was only stopped for so long writes nothing any more, and leaves the lock alone.
    await expect(ann.keep(bytes(2), 'here')).rejects.toMatchObject({ trouble: 'busy' })
    await ann.close()
    await bob.keep(bytes(3), 'here')
    expect((await bob.load()).updates).toEqual([bytes(1), bytes(3)])
    await bob.close()
    expect(readdirSync(folder).filter((name) => name.includes('lock'))).toEqual([])
  })
})

/** As the lock has it, where there is a `/proc`. */
function startOf(pid: number): string | null {
  try {
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    return `${boot} ${stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]}`
  } catch {
    return null
  }
}
