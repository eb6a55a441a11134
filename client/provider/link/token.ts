import type { Environment } from './environment.ts'

/** A token, or what gives one whenever it is asked. */
export type TokenSource = string | (() => string | Promise<string>)

/** Longer than anybody waits for a page to sign in. */
const TOKEN_MS = 30_000

/**
 * The token of now.
 *
 * @throws Whatever the function throws; an `Error` when it has not answered in 30 s, or with no text.
 */
export async function askFor(source: TokenSource, environment: Environment): Promise<string> {
  if (typeof source === 'string') return source
  const token = await new Promise<unknown>((resolve, reject) => {
    const cancel = environment.after(TOKEN_MS, () =>
      reject(new Error('the token function has not answered in 30 s')),
    )
    // A function that throws at once is as good as one that rejects.
    Promise.resolve().then(source).then(resolve, reject).finally(cancel)
  })
  if (typeof token === 'string') return token
  throw new Error('the token function gave no text')
}

export const reasonOf = (thrown: unknown): string =>
  thrown instanceof Error ? thrown.message : String(thrown)
