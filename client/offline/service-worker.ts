/*
 * Keeps the files of the pages in the browser, so that a page opens while the server is away.
 *
 * The server is asked for a page first, each time, so that a new version shows at once. What is kept
 * is shown when the server cannot be reached or does not answer in time. Files below `assets/` have
 * a hash in their names and never change: those that are kept are not asked for again. Nothing else
 * goes through here, no data of anybody.
 *
 * Built as one file without imports, beside the pages: what lies below it is what it may serve.
 */

const CACHE = 'tributary-pages'
/** Each page, from here: a board looks the same whatever it is called. */
const PAGES = ['', 'b/any'] as const
/** A server that takes longer counts as away while there is something to show, in ms. */
const PATIENCE_MS = 3_000

/** What of a service worker's world is used here: TypeScript knows it beside no `document`. */
interface WorkerWorld {
  readonly registration: { readonly scope: string }
  readonly clients: { claim(): Promise<void> }
  skipWaiting(): Promise<void>
  addEventListener(name: 'install' | 'activate', listener: (event: Extendable) => void): void
  addEventListener(name: 'fetch', listener: (event: Fetching) => void): void
}
interface Extendable {
  waitUntil(work: Promise<unknown>): void
}
interface Fetching extends Extendable {
  readonly request: Request
  respondWith(answer: Promise<Response>): void
}

const world = globalThis as unknown as WorkerWorld
const root = new URL(world.registration.scope)

world.addEventListener('install', (event) => {
  event.waitUntil(keepAll().then(() => world.skipWaiting()))
})

world.addEventListener('activate', (event) => {
  event.waitUntil(world.clients.claim())
})

world.addEventListener('fetch', (event) => {
  const { request } = event
  const { origin, pathname } = new URL(request.url)
  if (request.method !== 'GET' || origin !== root.origin) return
  const below = pathname.slice(root.pathname.length)
  const page = pageOf(below)
  if (request.mode === 'navigate' && page !== null) event.respondWith(open(page, event))
  else if (below.startsWith('assets/')) event.respondWith(keptOr(request))
})

function pageOf(below: string): (typeof PAGES)[number] | null {
  if (below === '') return below
  return /^b\/[^/]+$/.test(below) ? 'b/any' : null
}

async function open(page: string, event: Fetching): Promise<Response> {
  const asking = fetch(event.request)
  // Also what comes too late to be shown: behind a slow link nothing newer would ever be.
  event.waitUntil(asking.then((answer) => keepNew(page, answer)).catch(() => {}))
  const answer = await Promise.race([asking.catch(() => null), late()])
  if (answer !== null && answer.status < 500) return answer
  const cache = await caches.open(CACHE)
  return (await cache.match(addressOf(page))) ?? answer ?? asking
}

async function keepNew(page: string, answer: Response): Promise<void> {
  // An answer that leads elsewhere has no content to keep.
  if (!answer.ok) return
  // At once: as soon as it is shown its content is read.
  const copy = answer.clone()
  const kept = await (await caches.open(CACHE)).match(addressOf(page))
  if (copy.headers.get('etag') !== kept?.headers.get('etag')) await keep(page, copy)
}

const late = () => new Promise<null>((resolve) => setTimeout(resolve, PATIENCE_MS, null))

async function keptOr(request: Request): Promise<Response> {
  const cache = await caches.open(CACHE)
  return (await cache.match(request)) ?? fetch(request)
}

async function keepAll(): Promise<void> {
  for (const page of PAGES) {
    const answer = await fetch(addressOf(page), { cache: 'no-cache' })
    if (answer.ok) await keep(page, answer)
  }
}

/** One at a time: each throws away what no page names, and must not find another half done. */
let keeping: Promise<void> = Promise.resolve()
function keep(page: string, answer: Response): Promise<void> {
  keeping = keeping.catch(() => {}).then(() => keepNow(page, answer))
  return keeping
}

/** A page and what it names, the page last: what is there can be shown. Then what no page names goes. */
async function keepNow(page: string, answer: Response): Promise<void> {
  const cache = await caches.open(CACHE)
  const named = filesOf(await answer.clone().text(), answer.url)
  for (const file of named) if ((await cache.match(file)) === undefined) await cache.add(file)
  await cache.put(addressOf(page), answer)

  const needed = new Set(PAGES.map(addressOf))
  for (const one of PAGES) {
    const kept = await cache.match(addressOf(one))
    for (const file of filesOf((await kept?.text()) ?? '', addressOf(one))) needed.add(file)
  }
  for (const { url } of await cache.keys()) if (!needed.has(url)) await cache.delete(url)
}

/** The built files that a page names. */
function filesOf(page: string, address: string): string[] {
  return [...page.matchAll(/\s(?:src|href)="([^"#]+)"/g)]
    .map(([, link = '']) => new URL(link, address).href)
    .filter((file) => file.startsWith(root.href) && file.includes('/assets/'))
}

function addressOf(page: string): string {
  return new URL(page, root).href
}
