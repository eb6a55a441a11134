import { readdirSync, readFileSync } from 'node:fs'

/** Of `utime` and its like in /proc; fixed on Linux whatever the kernel's own tick is. */
const MS_PER_TICK = 10

/** @param {number} pid @returns {string[]} The fields behind the name, `state` first. */
function stat(pid) {
  const text = readFileSync(`/proc/${pid}/stat`, 'latin1')
  return text.slice(text.lastIndexOf(')') + 2).split(' ')
}

/** @param {number} root @returns {number[]} The process and all that descend from it. */
export function processTree(root) {
  /** @type {Map<number, number[]>} */
  const children = new Map()
  for (const name of readdirSync('/proc')) {
    const pid = Number(name)
    if (!Number.isInteger(pid)) continue
    try {
      const parent = Number(stat(pid)[1])
      children.set(parent, [...(children.get(parent) ?? []), pid])
    } catch {
      // Ended since the folder was listed.
    }
  }
  const tree = [root]
  for (const pid of tree) tree.push(...(children.get(pid) ?? []))
  return tree
}

/**
 * User and system time, in ms: of all threads, ended ones too, and of all children. Read from the
 * process's own account, in steps of 10 ms.
 *
 * @param {number} root
 */
export function cpuOf(root) {
  let ticks = 0
  for (const pid of processTree(root)) {
    try {
      const fields = stat(pid)
      // utime, stime, and both of the children that have ended.
      for (const index of [11, 12, 13, 14]) ticks += Number(fields[index])
    } catch {
      // A child that has ended is in its parent's account.
    }
  }
  return ticks * MS_PER_TICK
}

/**
 * How long a core was at work for anybody, in ms: less the server's own time, this is what others
 * took away from it.
 *
 * @param {number} core
 */
export function busyOf(core) {
  const { user, nice, system, irq, soft, steal } = timesOf(`cpu${core}`)
  return (user + nice + system + irq + soft + steal) * MS_PER_TICK
}

/** How long all cores together had work, and were not there because the host served other machines, in ms. */
export function stolen() {
  return timesOf('cpu').steal * MS_PER_TICK
}

/** @param {string} name */
function timesOf(name) {
  const text = readFileSync('/proc/stat', 'latin1')
  const line = text.split('\n').find((row) => row.startsWith(`${name} `)) ?? ''
  const [user = 0, nice = 0, system = 0, , , irq = 0, soft = 0, steal = 0] = line
    .split(/\s+/)
    .slice(1)
    .map(Number)
  return { user, nice, system, irq, soft, steal }
}
