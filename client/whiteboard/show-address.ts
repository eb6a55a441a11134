/**
 * Puts the link of a board into the address, without loading the page again.
 *
 * What the page names relative to its address means another place from then on, and the browser
 * asks for an icon late: such links are made absolute first.
 */
export function showAddress(link: string): void {
  const relative = 'a[href^="."], link[rel="icon"][href^="."]'
  for (const element of document.querySelectorAll<HTMLAnchorElement | HTMLLinkElement>(relative)) {
    element.setAttribute('href', element.href)
  }
  history.replaceState(null, '', link)
}
