import { randomUUID } from 'node:crypto'
import { linkSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { StorageTrouble } from '../keep/trouble.ts'

/** Who took over a lock and died meanwhile has done so that long ago, in ms. */
const STALE_MS = 10_000

/** Who holds a lock. */
interface Holder {
  readonly pid: number
  readonly host: string
  /** When that process started, which tells it from a later one with its pid; `null` where nobody says. */
  readonly started: string | null
}

/**
 * Node has no lock of the system's, which ends with its process. So a lock is a file that names its
 * holder, and one whose holder is gone is taken over, by one at a time.
 */
export class FileLock {
  readonly #path: string

  private constructor(path: string) {
    this.#path = path
  }

  /** @throws {StorageTrouble} `busy` when a process that lives holds it, also one on another host. */
  static take(path: string): FileLock {
    for (let tries = 0; tries < 5; tries++) {
      if (created(path)) return new FileLock(path)
      const text = read(path)
      if (text === null) continue
      const holder = JSON.parse(text) as Holder
      if (isAlive(holder)) {
        throw new StorageTrouble(
          'busy',
          `end process ${holder.pid} of ${holder.host}, or use another folder: ${path}`,
        )
      }
      removeStale(path, text)
    }
    throw new StorageTrouble('busy', `${path} changes hands`)
  }

  release(): void {
    rmSync(this.#path, { force: true })
  }
}

/** Whole or not at all: nobody reads half a holder. */
function created(path: string): boolean {
  const own = `${path}.${randomUUID()}`
  const holder: Holder = { pid: process.pid, host: hostname(), started: startOf(process.pid) }
  writeFileSync(own, JSON.stringify(holder))
  try {
    linkSync(own, path)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  } finally {
    rmSync(own, { force: true })
  }
}

/** Under a lock of its own: between the look and the removal nobody else may have taken it over. */
function removeStale(path: string, text: string): void {
  const guard = `${path}.takeover`
  if (!created(guard)) {
    const since = statSync(guard, { throwIfNoEntry: false })?.mtimeMs ?? 0
    if (Date.now() - since > STALE_MS) rmSync(guard, { force: true })
    return
  }
  try {
    if (read(path) === text) rmSync(path, { force: true })
  } finally {
    rmSync(guard, { force: true })
  }
}

function read(path: string): string | null {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw error
  }
}

function isAlive({ pid, host, started }: Holder): boolean {
  if (host !== hostname()) return true
  if (started !== null) return startOf(pid) === started
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH'
  }
}

/** The boot, and the tick since it: Linux says so. The name of the program may hold anything but `)`. */
function startOf(pid: number): string | null {
  try {
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    return `${boot} ${stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]}`
  } catch {
    return null
  }
}
