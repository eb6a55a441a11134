import type { Queue } from '../queue/queue.ts'
import type { SharedSnapshots } from '../snapshots/shared.ts'
import type { DirtySource } from './dirty-sweep.ts'

/** By what the nodes of a cluster share the work. */
export interface SharedJobs {
  readonly queue: Queue
  readonly dirty: DirtySource
  readonly snapshots: SharedSnapshots
}
