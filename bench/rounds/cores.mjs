import { cpus } from 'node:os'

/** What is measured has it for itself; everything else runs on the others. */
export const CORE = 0

const others = cpus()
  .map((_, core) => core)
  .filter((core) => core !== CORE)

/** How many processes can make load without taking time from one another or from the server. */
export const LOAD_CORES = Math.max(1, others.length)
/** As `taskset -c` wants them. */
export const OTHER_CORES = others.length === 0 ? String(CORE) : others.join(',')
