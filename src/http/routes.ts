import { Hono, type HonoRequest } from 'hono'
import { outcomeOf, TributaryError } from '../core/errors.ts'
import { type Logger, SILENT } from '../core/logger.ts'
import type { Tier } from '../core/tier.ts'
import { type Page, readPages } from './pages.ts'

/** How the node stands, for load balancers and people. */
export interface Readiness {
  /** How safe what is acknowledged now is. */
  readonly tier: Tier
  /** An operator says so, not the store. */
  readonly declared?: boolean
  /** It is stopping, and clients should go elsewhere. */
  readonly draining: boolean
  /** Why the promise of the tier cannot be kept now; `null` when it can. */
  readonly trouble: string | null
  /** What an operator should know, although everything works. */
  readonly warnings?: readonly string[]
}

export interface RoutesOptions {
  readonly ready: () => Readiness
  /** The page for Prometheus. */
  readonly metrics: () => Promise<string>
  /** The folder of the built pages. It need not exist. */
  readonly pages: URL
  readonly logger?: Logger
}

/** What answers plain HTTP requests. */
export interface Routes {
  fetch(request: Request): Response | Promise<Response>
}

const HINT = 'Clients connect to ws://…/sync/<entity id>. There are /healthz, /readyz and /metrics.'

/**
 * `/healthz`, `/readyz`, `/metrics`, the pages, and the boards at `/b/<id>`. Whatever else is asked
 * gets a JSON refusal. Redirects are relative, so that they hold below a path prefix of a proxy.
 */
export function createRoutes({ ready, metrics, pages, logger = SILENT }: RoutesOptions): Routes {
  const files = readPages(pages)
  const app = new Hono()

  app.use(async (c, next) => {
    if (c.req.method === 'GET' || c.req.method === 'HEAD') await next()
    else c.res = refusal(405, 'method-not-allowed', 'This server answers GET and HEAD.')
    c.header('x-content-type-options', 'nosniff')
  })
  app.get('/healthz', (c) => c.text('ok\n', 200, NOT_STORED))
  app.get('/readyz', (c) => {
    const { tier, declared = false, draining, trouble, warnings = [] } = ready()
    const status = draining ? 'draining' : trouble === null ? 'ready' : 'trouble'
    const body = {
      status,
      tier,
      ...(declared && { declared }),
      ...(trouble !== null && { trouble }),
      warnings,
    }
    return c.json(body, status === 'ready' ? 200 : 503, NOT_STORED)
  })
  app.get('/metrics', async (c) =>
    c.body(await metrics(), 200, { ...NOT_STORED, 'content-type': PROMETHEUS }),
  )
  app.get('/sync/*', () =>
    refusal(426, 'upgrade-required', `This is the address of a WebSocket. ${HINT}`, {
      upgrade: 'websocket',
    }),
  )
  app.get('*', (c) => {
    const path = decoded(c.req.path)
    // A board without a name is no board. Not for good: one day something may be there.
    if (path === '/b' || path === BOARDS) return c.redirect(path === BOARDS ? '../' : './', 302)
    // One page for every board: what the name means is for the page to say.
    const page = files.get(/^\/b\/[^/]+$/.test(path) ? BOARDS : path)
    if (page !== undefined) return pageResponse(c.req, page)
    // Their links are relative, so a folder without its slash would miss its neighbours.
    if (files.has(`${path}/`)) return c.redirect(`./${c.req.path.split('/').at(-1)}/`, 308)
    return refusal(404, 'not-found', `Nothing is here. ${HINT}`)
  })
  app.onError((thrown, c) => {
    const error = TributaryError.from(thrown)
    logger.error('a request failed', { path: c.req.path, error })
    const { http } = outcomeOf(error.code)
    return refusal(http, error.code, 'The server failed to answer. Its log says why.')
  })
  return app
}

const BOARDS = '/b/'
const NOT_STORED = { 'cache-control': 'no-store' }
const PROMETHEUS = 'text/plain; version=0.0.4; charset=utf-8'

function refusal(status: number, error: string, message: string, headers = {}): Response {
  return Response.json({ error, message }, { status, headers: { ...NOT_STORED, ...headers } })
}

function pageResponse(request: HonoRequest, { body, etag, headers }: Page): Response {
  const known = request.header('if-none-match')?.split(',') ?? []
  // Proxies that compress weaken a tag.
  const isKnown = known.some((tag) => tag.trim().replace(/^W\//, '') === etag)
  return isKnown ? new Response(null, { status: 304, headers }) : new Response(body, { headers })
}

function decoded(path: string): string {
  try {
    return decodeURIComponent(path)
  } catch {
    return path
  }
}
