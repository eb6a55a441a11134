/** What a peer did, or what befell us, in one word. The table below says what each means outside. */
export type ErrorCode = keyof typeof errorTable

interface Outcome {
  /** WebSocket close code of dialects that can only close. 4400–4499 is final for y-websocket 3.1. */
  readonly close: number
  /** HTTP status, before an upgrade or from a route. */
  readonly http: number
  /** Whether the same request may succeed later. */
  readonly again: boolean
}

/** The one table from a code to what a client sees of it. */
export const errorTable = {
  'bad-request': { close: 4400, http: 400, again: false },
  'bad-entity-id': { close: 4400, http: 400, again: false },
  unauthenticated: { close: 4401, http: 401, again: false },
  forbidden: { close: 4403, http: 403, again: false },
  kicked: { close: 4403, http: 403, again: false },
  malformed: { close: 4422, http: 422, again: false },
  'deleted-generation': { close: 4422, http: 410, again: false },
  'entity-removed': { close: 4410, http: 410, again: false },
  'too-deep': { close: 4422, http: 422, again: false },
  'update-too-large': { close: 4413, http: 413, again: false },
  'entity-full': { close: 4413, http: 507, again: false },
  'frame-too-large': { close: 1009, http: 413, again: false },
  'too-many-sockets': { close: 1013, http: 503, again: true },
  'too-many-from-address': { close: 1013, http: 429, again: true },
  'no-such-door': { close: 4404, http: 404, again: false },
  'refused-lately': { close: 1013, http: 429, again: true },
  'too-many-sessions': { close: 1013, http: 503, again: true },
  'pending-full': { close: 1013, http: 503, again: true },
  'no-answer': { close: 1013, http: 503, again: true },
  'no-progress': { close: 1013, http: 503, again: true },
  'not-available': { close: 1013, http: 503, again: true },
  draining: { close: 1012, http: 503, again: true },
  conflict: { close: 4409, http: 409, again: false },
  damaged: { close: 1011, http: 500, again: true },
  storage: { close: 1013, http: 503, again: true },
  internal: { close: 1011, http: 500, again: true },
} as const satisfies Record<string, Outcome>

/**
 * The one error class. Wrong arguments of a caller inside the process are `TypeError` instead.
 *
 * @example throw new TributaryError('storage', 'the log could not be written', { cause })
 */
export class TributaryError extends Error {
  readonly code: ErrorCode

  constructor(code: ErrorCode, message: string, options?: { cause?: unknown }) {
    super(message, options)
    this.name = 'TributaryError'
    this.code = code
  }

  /** Any thrown value as one of ours; what is not is `internal`, with the value as its cause. */
  static from(thrown: unknown): TributaryError {
    if (thrown instanceof TributaryError) return thrown
    const message = thrown instanceof Error ? thrown.message : String(thrown)
    return new TributaryError('internal', message, { cause: thrown })
  }
}

export const outcomeOf = (code: ErrorCode): Outcome => errorTable[code]
