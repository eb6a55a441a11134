/** The element of the page with this id, which has to be one of its kind. */
export function byId<E extends HTMLElement>(id: string, kind: abstract new () => E): E {
  const element = document.getElementById(id)
  if (!(element instanceof kind)) throw new TypeError(`the page has no ${kind.name} #${id}`)
  return element
}
