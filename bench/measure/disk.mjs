import { readFileSync } from 'node:fs'
import { processTree } from './cpu.mjs'

/**
 * Bytes that a process and all that descend from it have had written to disk, the file system's own
 * left out. Data in memory (tmpfs) does not count.
 *
 * @param {number} root
 */
export function writtenBy(root) {
  let bytes = 0
  for (const pid of processTree(root)) {
    try {
      const text = readFileSync(`/proc/${pid}/io`, 'latin1')
      bytes += Number(/^write_bytes: (\d+)$/m.exec(text)?.[1])
    } catch {
      // Ended since the tree was read.
    }
  }
  return bytes
}
