import { randomUUID } from 'node:crypto'
import {
  closeSync,
  linkSync,
  openSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { hostname } from 'node:os'
import { StorageTrouble } from '../keep/trouble.ts'

/** Who took over a lock and died meanwhile has done so that long ago, in ms. */
const STALE_MS = 10_000

/**
 * How often a holder says that it lives, for who is on another host, as each container is, and cannot
 * see its process; and after how long without that it is gone, in ms.
 */
const SIGN_MS = 10_000
const GONE_MS = 60_000

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
  readonly #text: string
  readonly #signs: NodeJS.Timeout

  private constructor(path: string, text: string) {
    this.#path = path
    this.#text = text
    this.#signs = setInterval(() => this.#sign(), SIGN_MS).unref()
  }

  /**
   * Whether nobody has taken it over, as happens to a process that was stopped for a minute.
   *
   * @throws When it cannot be read.
   */
  get isOurs(): boolean {
    return read(this.#path) === this.#text
  }

  /** @throws {StorageTrouble} `busy` when a process that lives holds it, also one on another host. */
  static take(path: string): FileLock {
    for (let tries = 0; tries < 5; tries++) {
      const own = created(path)
      if (own !== null) return new FileLock(path, own)
      const text = read(path)
      if (text === null) continue
      const holder = holderIn(text)
      if (holder !== null && isAlive(holder, path)) {
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
    clearInterval(this.#signs)
    try {
      if (this.isOurs) rmSync(this.#path, { force: true })
    } catch {
      // It is taken over when this process is gone.
    }
  }

  /** Writes the same bytes once more: the time is then that of the disk, whose clock all of them share. */
  #sign(): void {
    try {
      if (!this.isOurs) return
      const file = openSync(this.#path, 'r+')
      try {
        writeSync(file, this.#text, 0)
      } finally {
        closeSync(file)
      }
    } catch {
      // The next one may get through.
    }
  }
}

/** Whole or not at all: nobody reads half a holder. @returns what is in it; `null` when it is held. */
function created(path: string): string | null {
  const own = `${path}.${randomUUID()}`
  const holder: Holder = { pid: process.pid, host: hostname(), started: startOf(process.pid) }
  const text = JSON.stringify({ ...holder, id: randomUUID() })
  // On the disk before it has the name: a loss of power would leave a lock without a holder.
  writeFileSync(own, text, { flush: true })
  try {
    linkSync(own, path)
    return text
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return null
    throw error
  } finally {
    rmSync(own, { force: true })
  }
}

/** `null` where the disk has lost it: that is nobody's. */
function holderIn(text: string): Holder | null {
  try {
    return JSON.parse(text) as Holder | null
  } catch {
    return null
  }
}

/** Under a lock of its own: between the look and the removal nobody else may have taken it over. */
function removeStale(path: string, text: string): void {
  const guard = `${path}.takeover`
  if (created(guard) === null) {
    const since = changedAt(guard) ?? 0
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

function isAlive({ pid, host, started }: Holder, path: string): boolean {
  if (host !== hostname()) return diskTime(path) - (changedAt(path) ?? 0) < GONE_MS
  if (started !== null) return startOf(pid) === started
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH'
  }
}

function changedAt(path: string): number | undefined {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs
}

/** What time it is by the clock of the disk: another host may have another one. */
function diskTime(path: string): number {
  const own = `${path}.${randomUUID()}`
  writeFileSync(own, '')
  try {
    return changedAt(own) ?? Date.now()
  } finally {
    rmSync(own, { force: true })
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
