interface Row {
  readonly of: RegExp
  /** What it looks like, and what to do. */
  readonly means: string
  /** Its own words tell nobody anything: they are left out. */
  readonly isGibberish?: true
}

const CLOSED_AT_ONCE = 'it closes the connection at once'

/** In the order in which they are looked for. */
// biome-ignore format: a table is read in rows
const REMEDIES: readonly Row[] = [
  { of: /^Unknown RESP type 72 /, means: 'what answers there speaks HTTP, and is no Redis: correct host and port of --redis', isGibberish: true },
  { of: /^Unknown RESP type |^Protocol error/, means: 'what answers there is no Redis: correct host and port of --redis', isGibberish: true },
  { of: /ECONNREFUSED/, means: 'nobody listens there: start Redis, or correct host and port of --redis' },
  { of: /ENOTFOUND/, means: 'there is no host of that name: correct the host of --redis' },
  { of: /EAI_AGAIN/, means: 'its name cannot be looked up now: is the DNS there?' },
  { of: /EHOSTUNREACH|ENETUNREACH/, means: 'no way leads to it: is the address right, and the network there?' },
  { of: /^connect ETIMEDOUT/, means: 'nobody answers: is the address right, and no firewall in between?' },
  { of: /^Socket timeout/, means: 'nothing comes from there: it hangs, is no Redis, or only one of both ends speaks TLS (rediss://)', isGibberish: true },
  { of: new RegExp(`^${CLOSED_AT_ONCE}`), means: 'does it want TLS? Then write rediss://. Or it is no Redis' },
  { of: /wrong version number|packet length too long|unexpected message|ssl3_get_record/, means: 'what answers there speaks no TLS: write redis:// in the place of rediss://, or correct the port', isGibberish: true },
  { of: /self.signed certificate|unable to (get|verify)/, means: 'its certificate is signed by no trusted CA: give the certificate of the CA with --redis-ca' },
  { of: /altnames/, means: 'its certificate is for another name: use one of its names in --redis' },
  { of: /certificate has expired|certificate is not yet valid/, means: 'renew its certificate, or correct the clock' },
  { of: /^NOAUTH/, means: 'it wants a password: give it as TRIBUTARY_REDIS_PASSWORD or --redis-password-file' },
  { of: /^WRONGPASS/, means: 'correct the user of --redis, or the password' },
  { of: /^ERR DB index/, means: 'correct the number at the end of --redis, or `databases` in redis.conf' },
  { of: /unknown command .sentinel/i, means: 'what answers there is no Sentinel: correct --redis-sentinel', isGibberish: true },
  { of: /^All sentinels are unreachable/, means: 'correct --redis-sentinel, or start them' },
]

/**
 * What was said, with what it means behind it where we know: for who has mistyped an address, as for
 * who looks for an outage.
 *
 * @example explained('connect ECONNREFUSED ::1:1') // 'connect ECONNREFUSED ::1:1 (nobody listens …)'
 */
export function explained(said: string): string {
  const row = REMEDIES.find(({ of }) => of.test(said))
  if (row === undefined) return said
  return row.isGibberish === true ? row.means : `${said} (${row.means})`
}

/** Nothing but that the connection is gone; why, was said before if anybody knows. */
export const isCut = (error: unknown): boolean => error instanceof Error && CUT.test(error.message)
const CUT = new RegExp(`EPIPE|ECONNRESET|isn't writeable|^Connection is closed|^${CLOSED_AT_ONCE}`)

/** Nobody said more, of a connection that never was of use. */
export const closedAtOnce = (): Error => new Error(CLOSED_AT_ONCE)
