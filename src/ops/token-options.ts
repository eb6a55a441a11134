import {
  checked,
  KNOWN,
  Refusal,
  readConfigFile,
  readFlags,
  readVariables,
  settle,
} from './option-sources.ts'
import { tokenHelpText } from './option-text.ts'
import { grant, lifetime, name, tenantName } from './option-values.ts'
import { type Option, optionOf } from './options.ts'

/** What `tributary token` was asked for, checked. */
export interface TokenWish {
  readonly sub: string
  readonly grants: readonly { readonly entity: string; readonly may: 'read' | 'write' | 'admin' }[]
  readonly tenant: string
  /** How long it lasts, in ms. */
  readonly expires: number
  readonly issuer: string | null
  readonly audience: string | null
  readonly secret: string
}

/** As many as a server takes. */
const MAX_GRANTS = 100

// biome-ignore format: a table is read in rows
const tokenTable = {
  sub: { value: 'NAME', default: null, check: name, what: 'who it is for: the actor in the log' },
  grant: { value: 'PATTERN:MAY', default: null, check: grant, what: 'which entities, and read, write or admin; may be given again' },
  tenant: { value: 'NAME', default: 'default', check: tenantName, what: 'whose entities' },
  expires: { value: 'TIME', default: 3_600_000, check: lifetime, what: 'how long it lasts' },
}
type TokenOption = keyof typeof tokenTable

const OWN = Object.fromEntries(
  Object.entries(tokenTable).map(([flag, row]) => [
    flag,
    optionOf('options', flag, row, flag === 'expires' ? 'time' : null),
  ]),
) as Record<TokenOption, Option>

const known = (flag: string): Option => KNOWN.get(flag) as Option
/** The flags of the command; the last ones are options of the server under shorter names. */
const FLAGS: ReadonlyMap<string, Option> = new Map([
  ...Object.entries(OWN),
  ['issuer', known('auth-issuer')],
  ['audience', known('auth-audience')],
  ['secret', known('auth-secret')],
  ['config', known('config')],
])

/**
 * What stands behind `tributary token`.
 *
 * @throws {Refusal}
 * @example readToken(['--sub', 'ann', '--grant', 'notes/*:write'], { TRIBUTARY_AUTH_SECRET: '…' })
 */
export function readToken(
  argv: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): { is: 'token'; wish: TokenWish } | { is: 'print'; text: string } {
  if (argv.includes('--help') || argv.includes('-h')) {
    return { is: 'print', text: tokenHelpText(FLAGS) }
  }
  const { given, lists } = readFlags(argv, FLAGS)
  const before = [given, readVariables(env).given]
  const sources = [...before, ...readConfigFile(before)]
  const grants = (lists.get('grant') ?? []).map((one) => checked(OWN.grant, one).value)
  if (grants.length > MAX_GRANTS)
    throw new Refusal(`--grant may be given at most ${MAX_GRANTS} times`)
  if (grants.length === 0) throw lacking('--grant PATTERN:MAY', "like --grant 'notes/*:write'")

  const wish = {
    sub: settle(OWN.sub, sources).value ?? lack('--sub NAME', 'who it is for'),
    grants,
    tenant: settle(OWN.tenant, sources).value,
    expires: settle(OWN.expires, sources).value,
    issuer: settle(known('auth-issuer'), sources).value,
    audience: settle(known('auth-audience'), sources).value,
    secret:
      settle(known('auth-secret'), sources).value ??
      lack('TRIBUTARY_AUTH_SECRET, or --secret TEXT', 'the --auth-secret of the server'),
  }
  // Each has passed its own check.
  return { is: 'token', wish: wish as unknown as TokenWish }
}

const lacking = (what: string, why: string): Refusal =>
  new Refusal(`a token needs ${what}, ${why}: see tributary token --help`)

function lack(what: string, why: string): never {
  throw lacking(what, why)
}
