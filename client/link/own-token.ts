/**
 * The token in the page's own address, as parameters for the provider. It stays in that address, so
 * that a reload works, and goes into no link that a page makes for others.
 *
 * @param search Of the address.
 * @example ownToken('?token=eyJ…') // { token: 'eyJ…' }
 */
export function ownToken(search: string): { token?: string } {
  const token = new URLSearchParams(search).get('token')
  return token === null || token === '' ? {} : { token }
}
