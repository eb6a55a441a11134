import { SILENT } from '../../src/core/logger.ts'
import { copyLogState, emptyLogState, MemoryLog } from '../../src/log/memory.ts'
import { type MemorySnapshotState, MemorySnapshots } from '../../src/snapshots/memory.ts'
import { SET_ASIDE_BYTES, type TestStore } from '../contract/store.ts'
import { Seeded } from './seeded.ts'

/** The memory adapters as the contract suites want them: their state outlives them. */
export async function openMemory(): Promise<TestStore> {
  const seeded = new Seeded(1)
  const options = {
    clock: { wall: () => 1_700_000_000_000 },
    random: {
      id: (length: number) => Array.from({ length }, () => seeded.int(0, 35).toString(36)).join(''),
    },
    logger: SILENT,
    limits: { setAsideBytes: SET_ASIDE_BYTES },
  }
  let logState = emptyLogState()
  let snapshotState: MemorySnapshotState = new Map()
  const start = () => {
    const log = new MemoryLog(options, logState)
    return { log, snapshots: new MemorySnapshots(log, snapshotState) }
  }
  let now = start()
  const reopen = async () => {
    await now.log.close()
    now = start()
  }
  return {
    get log() {
      return now.log
    },
    get snapshots() {
      return now.snapshots
    },
    reopen,
    async backup() {
      const copy = copyLogState(logState)
      const snapshots = new Map(snapshotState)
      return async () => {
        logState = copy
        snapshotState = snapshots
        await reopen()
      }
    },
    async spoilEntry(entity, offset, how = 'flip') {
      const rows = logState.shelves.get(entity)?.rows ?? []
      const i = rows.findIndex((row) => row.offset === offset)
      const row = rows[i]
      if (row === undefined) throw new Error(`no entry ${offset}`)
      rows[i] = { ...row, content: how === 'flip' ? 'damaged' : 'not-understood' }
      await reopen()
    },
    async spoilSnapshot(entity) {
      const kept = [...(snapshotState.get(entity) ?? [])]
      const newest = kept.findIndex((one) => one !== 'damaged')
      if (newest < 0) throw new Error('no snapshot')
      kept[newest] = 'damaged'
      snapshotState.set(entity, kept)
      await reopen()
    },
    close: () => now.log.close(),
  }
}
