import type { TransferListItem } from 'node:worker_threads'
import { type SoundUpdate, UpdateScan } from '../crdt/scan.ts'

const STRUCTS = [
  'at',
  'contentAt',
  'clock',
  'length',
  'info',
  'originClient',
  'originClock',
  'rightClient',
  'rightClock',
  'parentClient',
  'parentClock',
] as const
const SECTIONS = ['sectionClient', 'sectionFrom', 'sectionAt'] as const
const DELETES = ['deleteClient', 'deleteClock', 'deleteLength'] as const

type Column = (typeof STRUCTS | typeof SECTIONS | typeof DELETES)[number]

/** A scan on its way from one thread to another, where classes do not survive. */
export interface PackedScan {
  readonly bytes: Uint8Array
  readonly deletesAt: number
  readonly structs: number
  readonly sections: number
  readonly deletes: number
  readonly columns: { readonly [column in Column]: UpdateScan[column] }
}

/** Columns are cut to their rows and moved, not copied. */
export function packScan(scan: UpdateScan, transfer: TransferListItem[]): PackedScan {
  const columns: Partial<Record<Column, Uint8Array | Uint32Array | Float64Array>> = {}
  const take = (names: readonly Column[], rows: number) => {
    for (const name of names) {
      const column = scan[name].slice(0, rows)
      columns[name] = column
      transfer.push(column.buffer)
    }
  }
  take(STRUCTS, scan.structs)
  take(SECTIONS, scan.sections)
  take(DELETES, scan.deletes)
  const { bytes, deletesAt, structs, sections, deletes } = scan
  return { bytes, deletesAt, structs, sections, deletes, columns: columns as PackedScan['columns'] }
}

export function unpackScan(packed: PackedScan): UpdateScan {
  const scan = new UpdateScan()
  scan.reset(packed.bytes)
  Object.assign(scan, packed.columns)
  scan.bytes = packed.bytes as SoundUpdate
  scan.deletesAt = packed.deletesAt
  scan.structs = packed.structs
  scan.sections = packed.sections
  scan.deletes = packed.deletes
  return scan
}
