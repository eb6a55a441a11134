// To run a server inside another program:
//
//   const server = await startServer({ ...DEFAULT_CONFIG, port: 0 }, { logger: SILENT })
//   …
//   await server.close()

export type { Authorise, May } from './access/access.ts'
export type { Kicked, PeopleMessage } from './bus/people.ts'
export { type ErrorCode, TributaryError } from './core/errors.ts'
export type { Limits, Paces } from './core/limits.ts'
export { type Fields, type Logger, type LogLevel, SILENT } from './core/logger.ts'
export type { Tier } from './core/tier.ts'
export { createLogLines, type LogLines } from './ops/log-lines.ts'
export { type Config, DEFAULT_CONFIG } from './ops/options.ts'
export { type RunningServer, type ServerParts, startServer } from './server.ts'
