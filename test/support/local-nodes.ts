import { DEFAULT_CONFIG } from '../../src/ops/options.ts'
import { type RunningServer, type ServerParts, startServer } from '../../src/server.ts'
import { RecordedLog } from './recorded-log.ts'
import type { Stage } from './stage.ts'

/** A node in this process: from the sources, without the threads that only large updates need. */
export interface LocalNode {
  readonly server: RunningServer
  readonly logger: RecordedLog
  /** Where its clients come in. */
  readonly door: string
}

export interface LocalNodeOptions extends Pick<ServerParts, 'authorise'> {
  readonly redis: string
  /** Nodes with another one do not know these. */
  readonly prefix: string
}

let prefixes = 0
/** One that no other test has. */
export const freshPrefix = (): string => `p${process.pid}-${prefixes++}:`

export async function startLocalNode(
  stage: Stage,
  { redis, prefix, ...parts }: LocalNodeOptions,
): Promise<LocalNode> {
  const logger = new RecordedLog()
  const config = { ...DEFAULT_CONFIG, port: 0, redis, redisPrefix: prefix }
  const server = await startServer(config, { logger, ...parts })
  stage.atEnd(async () => {
    await server.close()
  })
  return { server, logger, door: `${server.url.replace('http', 'ws')}/sync` }
}
