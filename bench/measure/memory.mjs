import { readFileSync } from 'node:fs'
import { processTree } from './cpu.mjs'

/**
 * In bytes, of a process and all that descend from it.
 *
 * @param {number} root
 * @returns {{ rss: number, pss: number | null }} `pss` counts shared pages by their share; null where
 *   the kernel does not let us read it.
 */
export function memoryOf(root) {
  let rss = 0
  /** @type {number | null} */
  let pss = 0
  for (const pid of processTree(root)) {
    rss += kilobytes(`/proc/${pid}/status`, 'VmRSS') ?? 0
    const part = kilobytes(`/proc/${pid}/smaps_rollup`, 'Pss')
    pss = pss === null || part === null ? null : pss + part
  }
  return { rss, pss }
}

/** @param {string} path @param {string} field */
function kilobytes(path, field) {
  try {
    const found = new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(readFileSync(path, 'latin1'))
    return found === null ? null : Number(found[1]) * 1_024
  } catch {
    return null
  }
}
