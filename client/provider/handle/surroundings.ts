import type { Environment } from '../link/environment.ts'

/** What a handle needs of where it runs. */
export interface Surroundings extends Pick<Environment, 'wall' | 'after'> {
  /** Whether leaving the page would lose something now: a browser asks the user first then. */
  guard(losing: boolean): void
}
