import type { Clock, Random } from './core/clock.ts'
import type { Logger } from './core/logger.ts'
import type { Log } from './log/log.ts'
import { MemoryLog } from './log/memory.ts'
import type { Config } from './ops/options.ts'
import { MemorySnapshots } from './snapshots/memory.ts'
import type { Snapshots } from './snapshots/snapshots.ts'

/** Where a node keeps what it has acknowledged. */
export interface Store {
  readonly log: Log
  readonly snapshots: Snapshots
  /** Why nothing can be made durable now, in one line; `null` when it can. */
  trouble(): string | null
  close(): Promise<void>
}

export interface StoreParts {
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
}

/** @throws {TributaryError} `storage`, in one line that names the remedy. */
export async function openStore(config: Config, parts: StoreParts): Promise<Store> {
  const log = new MemoryLog({ ...parts, limits: config.limits })
  const snapshots = new MemorySnapshots(log)
  return { log, snapshots, trouble: () => null, close: () => log.close() }
}
