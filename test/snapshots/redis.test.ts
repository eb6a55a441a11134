import { describe, expect, test } from 'vitest'
import { ORIGIN, type Position } from '../../src/core/position.ts'
import { SYSTEM_RANDOM } from '../../src/ops/system.ts'
import type { RedisLink } from '../../src/redis/link.ts'
import { RedisSnapshots } from '../../src/snapshots/redis.ts'
import { snapshotsContract } from '../contract/snapshots.contract.ts'
import {
  appendAll,
  collect,
  entry,
  key,
  Notes,
  names,
  snapshotAt,
  textsOf,
} from '../contract/store.ts'
import { until } from '../support/deadline.ts'
import { node, nodeForEach, redisForFile, server } from '../support/redis-scene.ts'
import { keptCopy, NAMES, openNode, openRedisStore } from '../support/redis-store.ts'

redisForFile()

snapshotsContract('redis', () => openRedisStore(server))

describe('snapshots in Redis', () => {
  const A = key('a')
  const { meta, stream, snapshots } = NAMES.keys(A)
  nodeForEach()

  const large = (position: Position, letter = 'x') => snapshotAt(position, letter.repeat(600_000))
  const pieceKeys = () => server.client.keys('*:p*')
  /** Entries 1–30 and a snapshot behind each ten of them. */
  async function three(make = snapshotAt) {
    const positions = await appendAll(node.log, A, names('a', 1, 30))
    let replaces: Position | null = null
    for (const at of [9, 19, 29]) {
      const position = positions[at] as Position
      expect(await node.snapshots.commit(A, make(position), replaces)).toBe('committed')
      replaces = position
    }
    return positions
  }

  test('[L60] pieces have 256 KB at most, and only those of both kept snapshots are there', async () => {
    const positions = await three(large)
    const keys = await pieceKeys()
    expect(keys).toHaveLength(2)
    for (const each of keys) {
      expect(await server.client.ttl(each)).toBe(-1)
      const pieces = await server.client.hvalsBuffer(each)
      expect(pieces).toHaveLength(3)
      for (const piece of pieces) expect(piece.length).toBeLessThanOrEqual(256 * 1024 + 10)
    }
    expect(await node.snapshots.commit(A, large(positions[29] as Position), null)).toBe('stale')
    expect(await pieceKeys()).toHaveLength(2)
    await node.log.remove(A, new Map())
    expect(await pieceKeys()).toEqual([])
    expect((await server.client.keys('*')).sort()).toEqual([meta, NAMES.keys(A).tombstones].sort())
  })

  test('[L60] small ones lie in one value', async () => {
    await three()
    expect(await pieceKeys()).toEqual([])
    expect(await server.client.hlen(snapshots)).toBe(2)
  })

  test('[L23] what a commit wrote before it ended goes by itself', async () => {
    const [position] = await appendAll(node.log, A, ['a1'])
    const ended = new RedisSnapshots(
      {
        names: node.link.names,
        call: node.link.call.bind(node.link),
        run: (...call: Parameters<RedisLink['run']>) =>
          call[0] === 'commit' ? Promise.reject(new Error('killed')) : node.link.run(...call),
      } as unknown as RedisLink,
      { random: SYSTEM_RANDOM },
    )
    for (const make of [large, snapshotAt]) {
      await expect(ended.commit(A, make(position as Position), null)).rejects.toThrow('killed')
    }
    expect(await node.snapshots.load(A)).toBeNull()
    const left = await pieceKeys()
    expect(left).toHaveLength(2)
    for (const each of left) {
      const seconds = await server.client.ttl(each)
      expect(seconds).toBeGreaterThan(3_000)
      expect(seconds).toBeLessThanOrEqual(3_600)
    }
  })

  test('[L60] what a node wrote that has ended goes by itself, after whichever of its calls it ended', async () => {
    const [position] = await appendAll(node.log, A, ['a1'])
    for (let calls = 1; calls <= 5; calls++) {
      let left = calls
      const ended = <T extends unknown[], R>(call: (...args: T) => Promise<R>) => {
        return async (...args: T): Promise<R> => {
          if (left-- <= 0) throw new Error('killed')
          return await call(...args)
        }
      }
      const { link } = node
      const dying = new RedisSnapshots(
        {
          names: link.names,
          call: ended(link.call.bind(link)),
          run: ended(link.run.bind(link)),
        } as unknown as RedisLink,
        { random: SYSTEM_RANDOM },
      )
      await expect(dying.commit(A, large(position as Position), null)).rejects.toThrow('killed')
      for (const each of await pieceKeys()) {
        expect(await server.client.ttl(each), `after ${calls} calls`).toBeGreaterThan(3_000)
      }
    }
    expect(await pieceKeys()).not.toEqual([])
  })

  test('[L23] a trim that a crash has cut off is made up for by the next commit', async () => {
    const positions = await appendAll(node.log, A, names('a', 1, 30))
    const ended = new RedisSnapshots(
      {
        names: node.link.names,
        call: node.link.call.bind(node.link),
        run: (...call: Parameters<RedisLink['run']>) =>
          call[0] === 'trim' ? Promise.reject(new Error('killed')) : node.link.run(...call),
      } as unknown as RedisLink,
      { random: SYSTEM_RANDOM },
    )
    const [at10, at20, at30] = [9, 19, 29].map((at) => positions[at]) as [
      Position,
      Position,
      Position,
    ]
    await ended.commit(A, snapshotAt(at10), null)
    await expect(ended.commit(A, snapshotAt(at20), at10)).rejects.toThrow('killed')
    expect(await server.client.xlen(stream)).toBe(30)
    expect(await node.snapshots.commit(A, snapshotAt(at30), at20)).toBe('committed')
    expect(await server.client.xlen(stream)).toBe(10)
  })

  test('[L20] one with a piece gone or changed is passed over, and named once', async () => {
    const positions = await three(large)
    for (const spoil of ['hdel', 'flip'] as const) {
      const loaded = await node.snapshots.load(A)
      const record = await server.client.hgetBuffer(snapshots, 'n')
      const id = / ([0-9a-z]{12})\n/.exec(record?.toString('latin1') ?? '')?.[1] as string
      const pieces = NAMES.pieces(A, id)
      const before = node.damaged.length
      if (spoil === 'hdel') await server.client.hdel(pieces, '1')
      else {
        const piece = (await server.client.hgetBuffer(pieces, '0')) as Buffer
        piece[1_000] = (piece[1_000] as number) ^ 1
        await server.client.hset(pieces, '0', piece)
      }
      for (let i = 0; i < 2; i++) {
        expect((await node.snapshots.load(A))?.position.offset).toBe(20)
      }
      expect(node.damaged.length - before).toBe(1)
      expect(loaded?.position.offset).toBe(30)
      // The next one takes its place, and its pieces go.
      const next = large(positions[29] as Position, spoil)
      expect(await node.snapshots.commit(A, next, positions[19] as Position)).toBe('committed')
      expect(await pieceKeys()).toHaveLength(2)
    }
  })

  test('[L52] stays valid where the log has lost its meta', async () => {
    const positions = await three()
    await server.client.del(meta)
    const loaded = await node.snapshots.load(A)
    expect(loaded?.position).toMatchObject({ offset: 30, check: positions[29]?.check })
    expect(loaded?.position.epoch).not.toBe(positions[29]?.epoch)
    const at30 = loaded?.position as Position
    expect(await node.log.read(A, at30)).toMatchObject({ is: 'entries', head: at30 })
    const [next] = await appendAll(node.log, A, ['a31'])
    const read = await node.log.read(A, at30)
    expect(read.is === 'entries' && textsOf(read.entries)).toEqual(['a31'])
    const fourth = snapshotAt(next as Position)
    expect(await node.snapshots.commit(A, fourth, at30)).toBe('committed')
    expect((await collect(node.snapshots.list())).map(({ position }) => position)).toEqual([next])
  })

  test('[L52] also where nothing is left in its stream', async () => {
    const positions = await appendAll(node.log, A, names('a', 1, 3))
    const at3 = positions[2] as Position
    await node.snapshots.commit(A, snapshotAt(at3), null)
    await node.snapshots.commit(A, snapshotAt(at3, 'again'), at3)
    expect(await server.client.xlen(stream)).toBe(0)
    await server.client.del(meta)
    const [next] = await appendAll(node.log, A, ['a4'])
    const loaded = await node.snapshots.load(A)
    expect(loaded?.position).toEqual({ ...at3, epoch: next?.epoch })
    const read = await node.log.read(A, loaded?.position ?? ORIGIN)
    expect(read.is === 'entries' && textsOf(read.entries)).toEqual(['a4'])
  })

  test.each(['small', 'large'])(
    '[L52] also where its stream is gone as well: the log goes on behind one that is %s',
    async (size) => {
      const positions = await three(size === 'small' ? snapshotAt : large)
      const notes = new Notes()
      await node.log.subscribe(A, positions[29] as Position, notes)
      await server.client.del(meta, stream)
      // Whoever knew the log by its old name learns of it, and appends nothing to it unseen.
      await expect(node.log.append(A, entry('a31'))).rejects.toMatchObject({ code: 'storage' })
      await until('it is told', 5_000, () => notes.told.join() === 'reset@30')
      const loaded = await node.snapshots.load(A)
      const at30 = loaded?.position as Position
      expect(at30).toMatchObject({ offset: 30, check: positions[29]?.check })
      expect(at30.epoch).not.toBe(positions[29]?.epoch)
      expect(await node.log.read(A, at30)).toMatchObject({ is: 'entries', head: at30, entries: [] })
      const [next] = await appendAll(node.log, A, ['b31'])
      const read = await node.log.read(A, at30)
      expect(read.is === 'entries' && textsOf(read.entries)).toEqual(['b31'])
      expect(await node.snapshots.commit(A, snapshotAt(next as Position), at30)).toBe('committed')
      expect((await node.snapshots.load(A))?.position).toEqual(next)
    },
  )

  test('[L52] passing over one whose pieces are gone, and beginning anew when none is left', async () => {
    await three(large)
    const piecesAt = async (field: 'n' | 'o') => {
      const record = (await server.client.hget(snapshots, field)) as string
      return `${snapshots.replace('}:s:', `}:p${/ ([0-9a-z]+)\n/.exec(record)?.[1]}:`)}`
    }
    expect(await server.client.del(await piecesAt('n'))).toBe(1)
    await server.client.del(meta, stream)
    const loaded = await node.snapshots.load(A)
    expect(loaded?.position.offset).toBe(20)
    const read = await node.log.read(A, loaded?.position as Position)
    expect(read).toMatchObject({ is: 'entries', head: loaded?.position })
    expect(await server.client.del(await piecesAt('o'))).toBe(1)
    await server.client.del(meta)
    expect((await node.log.read(A, ORIGIN)).head).toMatchObject({ epoch: '0.', offset: 0 })
  })

  test('[L52] but not behind one of an earlier generation', async () => {
    await three()
    const copy = await server.client.dumpBuffer(snapshots)
    await node.log.remove(A, new Map())
    await server.client.restore(snapshots, 0, copy)
    await server.client.del(meta)
    expect((await node.log.read(A, ORIGIN)).head).toMatchObject({ epoch: '1.', offset: 0 })
  })

  describe('of a branch that a failover has lost', () => {
    /** A copy that ends at 8 is what there is, and what others have appended since. */
    async function failOver(to: () => Promise<void>, ids: readonly string[]) {
      await to()
      const other = await openNode(server.url)
      await appendAll(other.log, A, ids)
      await other.close()
    }
    async function upTo10() {
      await appendAll(node.log, A, names('a', 1, 8))
      const copy = await keptCopy(server.client, A)
      const [at9, at10] = await appendAll(node.log, A, ['a9', 'a10'])
      return { copy, at9: at9 as Position, at10: at10 as Position }
    }

    test('[L68] is stale, whether the log has grown past its end or not', async () => {
      const { copy, at10 } = await upTo10()
      for (const ids of [[], ['b9'], names('b', 9, 10), names('b', 9, 20)]) {
        await failOver(copy, ids)
        expect(await node.snapshots.commit(A, snapshotAt(at10), null)).toBe('stale')
        expect(await node.snapshots.load(A)).toBeNull()
      }
    })

    test('[L68] is not taken for what another one replaces', async () => {
      const { copy, at9, at10 } = await upTo10()
      await node.snapshots.commit(A, snapshotAt(at9), null)
      await failOver(copy, names('b', 9, 12))
      expect(await node.snapshots.commit(A, snapshotAt(at10), at9)).toBe('stale')
      expect(await node.snapshots.load(A)).toBeNull()
    })

    test('[L68] trims nothing of the other branch', async () => {
      const { copy, at9, at10 } = await upTo10()
      let hasFailed = false
      const late = new RedisSnapshots(
        {
          names: node.link.names,
          call: node.link.call.bind(node.link),
          run: async (...call: Parameters<RedisLink['run']>) => {
            const reply = await node.link.run(...call)
            if (call[0] === 'commit' && hasFailed) await failOver(copy, names('b', 9, 12))
            return reply
          },
        } as unknown as RedisLink,
        { random: SYSTEM_RANDOM },
      )
      expect(await late.commit(A, snapshotAt(at9), null)).toBe('committed')
      hasFailed = true
      expect(await late.commit(A, snapshotAt(at10), at9)).toBe('committed')
      const read = await node.log.read(A, ORIGIN)
      const ids = [...names('a', 1, 8), ...names('b', 9, 12)]
      expect(read.is === 'entries' && [textsOf(read.entries), read.skipped]).toEqual([ids, []])
    })
  })

  test('[L39] a stream that is gone costs nothing that the snapshot covers', async () => {
    const positions = await appendAll(node.log, A, names('a', 1, 3))
    const at3 = positions[2] as Position
    await node.snapshots.commit(A, snapshotAt(at3), null)
    await server.client.del(stream)
    await appendAll(node.log, A, ['a4'])
    const read = await node.log.read(A, at3)
    expect(read.is === 'entries' && [textsOf(read.entries), read.skipped]).toEqual([['a4'], []])
  })
})
