import type { z } from 'zod'
import { type Limits, limitTable, type Paces, paceTable } from '../core/limits.ts'
import { LOG_LEVELS } from '../core/logger.ts'
import { TIERS } from '../core/tier.ts'
import { LOG_FORMATS } from './log-lines.ts'
import {
  count,
  host,
  hosts,
  keyPrefix,
  keysUrl,
  oneOf,
  onOff,
  path,
  port,
  proxies,
  redisUrl,
  replicas,
  secret,
  size,
  text,
  time,
} from './option-values.ts'

/** One option. Flag, variable and key of the config file are made from its name. */
interface Row {
  /** Stands for the value in the help text. */
  readonly value: string
  readonly default: unknown
  readonly check: z.ZodType
  readonly what: string
  /** Its value is never shown, wherever it comes from. */
  readonly isSecret?: true
}

/**
 * The one option table; every limit and every pace of `core/limits.ts` is an option beside these.
 * The help text and the README's table are made from it.
 */
// biome-ignore format: a table is read in rows
export const optionTable = {
  host: { value: 'ADDRESS', default: '127.0.0.1', check: host, what: 'the address to listen on' },
  port: { value: 'PORT', default: 8787, check: port, what: 'the port to listen on; 0 takes any free one' },
  data: { value: 'FOLDER', default: './data', check: path, what: 'where everything is kept' },
  store: { value: 'KIND', default: 'sqlite', check: oneOf(['sqlite', 'memory']), what: 'sqlite, or memory: nothing outlives the process' },
  redis: { value: 'URL', default: null, check: redisUrl.nullable(), isSecret: true, what: 'keep everything in this Redis, as one of many nodes: redis://user:password@host:6379/0, rediss:// with TLS. Nothing is written to --data then' },
  redisPrefix: { value: 'TEXT', default: 'tributary:', check: keyPrefix, what: 'what the names of all keys and channels in Redis begin with' },
  redisPassword: { value: 'TEXT', default: null, check: text.nullable(), isSecret: true, what: 'the password of --redis, where it does not stand in its URL; better as a variable' },
  redisPasswordFile: { value: 'FILE', default: null, check: path.nullable(), what: 'the same, in a file' },
  redisCa: { value: 'FILE', default: null, check: path.nullable(), what: 'the CA certificates (PEM) that a Redis with TLS is checked against, in the place of those that Node trusts' },
  redisSentinel: { value: 'HOSTS', default: null, check: hosts.nullable(), what: 'ask these Sentinels for the master: host:26379,host:26379. The host of --redis is the name by which they know it' },
  redisMaster: { value: 'NAME', default: null, check: text.nullable(), what: 'that name, where it cannot stand in a URL' },
  redisSentinelPassword: { value: 'TEXT', default: null, check: text.nullable(), isSecret: true, what: 'the password of the Sentinels; better as a variable' },
  redisTier: { value: 'TIER', default: null, check: oneOf(TIERS).nullable(), what: 'how safe is what Redis acknowledges, where it does not let us read its configuration: memory, process or disk' },
  redisReplicas: { value: 'NUMBER', default: 0, check: replicas, what: 'acknowledge when so many replicas of Redis have it too, or --pace-replicas is over' },
  role: { value: 'ROLE', default: 'all', check: oneOf(['all', 'edge', 'worker']), what: 'what a node of a cluster does: edge takes clients, worker compacts what they write, all does both' },
  auth: { value: 'none', default: null, check: oneOf(['none']).nullable(), what: 'none lets in everyone who reaches the port; without it and without keys only this machine is listened to' },
  authSecret: { value: 'TEXT', default: null, check: secret.nullable(), isSecret: true, what: 'tokens are signed with this secret (HS256), of at least 32 bytes' },
  authKeys: { value: 'FILE', default: null, check: path.nullable(), what: 'tokens are signed with a key in this file: a JWK set, a JWK or a public key as PEM (RS256, ES256, EdDSA)' },
  authJwks: { value: 'URL', default: null, check: keysUrl.nullable(), what: 'tokens are signed with a key of the JWK set at this address' },
  authIssuer: { value: 'TEXT', default: null, check: text.nullable(), what: 'what a token must name as its issuer (iss)' },
  authAudience: { value: 'TEXT', default: null, check: text.nullable(), what: 'what a token must name as its audience (aud), or have in its list' },
  trustProxy: { value: 'N|ADDRESSES', default: null, check: proxies.nullable(), what: 'proxies in front whose X-Forwarded-For counts: how many, or their addresses and networks. Else all clients of a proxy share its limits' },
  echo: { value: 'on|off', default: false, check: onOff, what: 'send a client its own updates too, once durable: for clients that wait for them' },
  gc: { value: 'on|off', default: true, check: onOff, what: 'forget the content of what was deleted; off for apps that keep Yjs versions' },
  logLevel: { value: 'LEVEL', default: 'info', check: oneOf(LOG_LEVELS), what: 'error, warn, info or debug' },
  logFormat: { value: 'FORMAT', default: 'auto', check: oneOf(LOG_FORMATS), what: 'json, pretty, or auto: pretty on a terminal' },
} as const satisfies Record<string, Row>

type Own = {
  readonly [name in keyof typeof optionTable]: z.output<(typeof optionTable)[name]['check']>
}

/** What a server is started with: every option with its value. */
export interface Config extends Own {
  readonly limits: Limits
  readonly paces: Paces
}

export interface Option extends Row {
  readonly group: 'options' | 'limits' | 'paces'
  readonly name: string
  /** Also the key in the config file. */
  readonly flag: string
  readonly variable: string
  readonly kind: 'size' | 'time' | 'count' | null
}

/** @example flagOf('limitFrameBytes') // 'limit-frame-bytes' */
const flagOf = (name: string): string =>
  name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)

/** @example variableOf('log-level') // 'TRIBUTARY_LOG_LEVEL' */
const variableOf = (flag: string): string =>
  `${VARIABLES}${flag.toUpperCase().replaceAll('-', '_')}`
export const VARIABLES = 'TRIBUTARY_'

const KINDS = {
  size: { value: 'SIZE', check: size },
  time: { value: 'TIME', check: time },
  count: { value: 'NUMBER', check: count },
}

/** Limits and paces say in their names what they count. */
function kindOf(group: 'limits' | 'paces', name: string): keyof typeof KINDS {
  if (/Bytes/.test(name)) return 'size'
  return group === 'limits' || /Entries/.test(name) ? 'count' : 'time'
}

export function optionOf(
  group: Option['group'],
  name: string,
  row: Row,
  kind: Option['kind'],
): Option {
  const prefix = { options: '', limits: 'limit-', paces: 'pace-' }[group]
  const flag = prefix + flagOf(name)
  return { ...row, group, name, flag, variable: variableOf(flag), kind }
}

function boundOf(
  group: 'limits' | 'paces',
  [name, row]: [string, { default: number; what: string }],
): Option {
  const kind = kindOf(group, name)
  return optionOf(group, name, { ...row, ...KINDS[kind] }, kind)
}

/** Every option there is. */
export const OPTIONS: readonly Option[] = [
  ...Object.entries<Row>(optionTable).map(([name, row]) => optionOf('options', name, row, null)),
  ...Object.entries(limitTable).map((entry) => boundOf('limits', entry)),
  ...Object.entries(paceTable).map((entry) => boundOf('paces', entry)),
]

/** Where the others may stand; no value of a server itself. */
export const CONFIG_FILE: Option = optionOf(
  'options',
  'config',
  {
    value: 'FILE',
    default: null,
    check: path,
    what: 'a JSON object of options, like {"port": 8787}',
  },
  null,
)

/** Flags that ask for a text instead of a server. */
export const QUESTIONS = {
  help: 'this text',
  version: 'the version',
  'print-config': 'every value, and where it comes from, as JSON',
}

/** A value and who gave it: `--port`, `TRIBUTARY_PORT`, `"port" in tributary.json`, `default`. */
export interface Given {
  readonly value: unknown
  readonly from: string
}

export function configOf(values: ReadonlyMap<Option, { readonly value: unknown }>): Config {
  const groups: Record<Option['group'], Record<string, unknown>> = {
    options: {},
    limits: {},
    paces: {},
  }
  for (const [{ group, name }, { value }] of values) groups[group][name] = value
  // Every option has passed its own check, and the table has a row for every name of `Config`.
  return { ...groups.options, limits: groups.limits, paces: groups.paces } as unknown as Config
}

/** @example startServer({ ...DEFAULT_CONFIG, port: 0, store: 'memory' }) */
export const DEFAULT_CONFIG: Config = configOf(
  new Map(OPTIONS.map((option) => [option, { value: option.default }])),
)
