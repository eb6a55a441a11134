import { TributaryError } from '../core/errors.ts'

/** No token, or one that does not count. `why` is a text of ours: nothing of the token is in it. */
export const unauthenticated = (why: string): TributaryError =>
  new TributaryError('unauthenticated', why)

export const forbidden = (): TributaryError =>
  new TributaryError('forbidden', 'there is no grant for this entity: ask for a token that has one')
