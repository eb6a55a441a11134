import { checkUpdate } from '../crdt/check.ts'
import { UpdateScan } from '../crdt/scan.ts'
import { answerJobs } from '../ops/thread-jobs.ts'
import { type PackedScan, packScan } from './scan-passage.ts'

/** Checks an update that would hold up the event loop. */
answerJobs<Uint8Array<ArrayBuffer>, PackedScan>((bytes, transfer) => {
  const packed = packScan(checkUpdate(bytes, new UpdateScan()), transfer)
  transfer.push(packed.bytes.buffer as ArrayBuffer)
  return packed
})
