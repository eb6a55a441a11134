/**
 * Has the browser keep the files of the pages, so that they open while the server is away. Browsers
 * allow it to pages that come over https, or from this machine; elsewhere nothing happens.
 *
 * @param root Where the pages lie: `/`, or the path that a proxy puts before it, ending in `/`.
 */
export function keepPages(root: string): void {
  if (!('serviceWorker' in navigator)) return
  // A page that works is not worse off without it.
  navigator.serviceWorker.register(new URL('service-worker.js', root)).catch(() => {})
}
