import { closeSync, fstatSync, openSync, readSync } from 'node:fs'

/**
 * What SQLite does not notice: it reads a page behind the end of the file as zeros, and a half one as
 * zeros from there on, in which tables are empty and entities have never been. (Without a write-ahead
 * log it compares the size of the file with its header, but rounds up to a whole page.)
 *
 * A file may well be shorter than its database: what was not yet copied back is in the log beside
 * it. So every page behind the end is looked up there. Only the heads of the log's frames are read:
 * 15 ms for a log of 64 MB.
 *
 * @returns whether a page is in neither of the two.
 */
export function lacksPage(file: string): boolean {
  const handle = openSync(file, 'r')
  try {
    const { size } = fstatSync(handle)
    const log = framesOf(`${file}-wal`)
    const head = read(handle, 0, HEAD)
    // An empty file is a database that has not begun: SQLite then throws away what lies beside it.
    if (head === null) return size > 0 || log.pages.size > 0
    const page = pageSizeOf(head.readUInt16BE(PAGE_SIZE_AT))
    const pages = log.databasePages ?? head.readUInt32BE(PAGES_AT)
    for (let no = Math.floor(size / page) + 1; no <= pages; no++) {
      if (!log.pages.has(no)) return true
    }
    return false
  } finally {
    closeSync(handle)
  }
}

/** Of a database's first page. */
const HEAD = 100
const PAGE_SIZE_AT = 16
const PAGES_AT = 28
/** Of a write-ahead log: its own head, and that of each frame, which a page follows. */
const LOG_HEAD = 32
const FRAME_HEAD = 24

interface Frames {
  /** What is in it of committed transactions. */
  readonly pages: ReadonlySet<number>
  /** How long the database is with them; `null` when there are none. */
  readonly databasePages: number | null
}

/** Frames count up to the last that ends a transaction, as long as they bear the log's own salt. */
function framesOf(path: string): Frames {
  const none: Frames = { pages: new Set(), databasePages: null }
  const handle = openIfThere(path)
  if (handle === null) return none
  try {
    const head = read(handle, 0, LOG_HEAD)
    if (head === null) return none
    const step = FRAME_HEAD + pageSizeOf(head.readUInt32BE(8))
    const { size } = fstatSync(handle)
    const pages: number[] = []
    let committed = 0
    let databasePages: number | null = null
    for (let at = LOG_HEAD; at + step <= size; at += step) {
      const frame = read(handle, at, FRAME_HEAD)
      if (frame === null || frame.compare(head, 16, 24, 8, 16) !== 0) break
      pages.push(frame.readUInt32BE(0))
      const ends = frame.readUInt32BE(4)
      if (ends === 0) continue
      databasePages = ends
      committed = pages.length
    }
    return { pages: new Set(pages.slice(0, committed)), databasePages }
  } finally {
    closeSync(handle)
  }
}

/** 64 KB do not fit into the header's two bytes. */
const pageSizeOf = (stored: number): number => (stored === 1 ? 65_536 : stored)

/** `null` when the file ends before. */
function read(handle: number, at: number, length: number): Buffer | null {
  const bytes = Buffer.alloc(length)
  return readSync(handle, bytes, 0, length, at) === length ? bytes : null
}

function openIfThere(path: string): number | null {
  try {
    return openSync(path, 'r')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw error
  }
}
