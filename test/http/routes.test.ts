import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { TributaryError } from '../../src/core/errors.ts'
import { type Fields, type Logger, SILENT } from '../../src/core/logger.ts'
import { type Listener, listen } from '../../src/http/listener.ts'
import { createRoutes, type Readiness } from '../../src/http/routes.ts'

const folder = mkdtempSync(join(tmpdir(), 'tributary-pages-'))
const logged: [string, Fields | undefined][] = []
const logger: Logger = { ...SILENT, error: (event, fields) => logged.push([event, fields]) }

let ready: Readiness
let metrics: () => Promise<string>
let listener: Listener

beforeAll(async () => {
  const pages = join(folder, 'pages')
  mkdirSync(join(pages, 'assets'), { recursive: true })
  for (const name of ['text/assets', 'b']) mkdirSync(join(pages, name), { recursive: true })
  writeFileSync(join(pages, 'index.html'), '<h1>front</h1>')
  writeFileSync(join(pages, 'text/index.html'), '<h1>text</h1>')
  writeFileSync(join(pages, 'b/index.html'), '<h1>board</h1>')
  writeFileSync(join(pages, 'assets/index-D3kf91.js'), 'export {}')
  writeFileSync(join(pages, 'text/assets/index-D3kf91.js'), 'export {}')
  writeFileSync(join(pages, 'a b.txt'), 'spaced')
  writeFileSync(join(folder, 'secret.txt'), 'secret')
  symlinkSync(join(folder, 'secret.txt'), join(pages, 'link.txt'))
  const routes = createRoutes({
    ready: () => ready,
    metrics: () => metrics(),
    pages: pathToFileURL(`${pages}/`),
    logger,
  })
  listener = await listen(routes, { host: '127.0.0.1', port: 0 })
})
afterAll(async () => {
  await listener.close()
  rmSync(folder, { recursive: true })
})

const get = (path: string, init?: RequestInit) => fetch(`${listener.url}${path}`, init)

/** Bytes as they are: `fetch` would tidy the path up. */
function raw(request: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const { port } = new URL(listener.url)
    const socket = connect(Number(port), '127.0.0.1', () => socket.write(request))
    let answer = ''
    socket.on('data', (chunk) => {
      answer += chunk
    })
    socket.on('error', reject)
    socket.on('close', () => resolve(answer))
  })
}

describe('[H15] the state of the node', () => {
  test('/healthz', async () => {
    const response = await get('/healthz')
    expect([response.status, await response.text()]).toEqual([200, 'ok\n'])
  })

  test.each<[Readiness, number, object]>([
    [
      { tier: 'disk', draining: false, trouble: null },
      200,
      { status: 'ready', tier: 'disk', warnings: [] },
    ],
    [
      { tier: 'memory', draining: false, trouble: null, warnings: ['nothing is kept'] },
      200,
      { status: 'ready', tier: 'memory', warnings: ['nothing is kept'] },
    ],
    [
      { tier: 'disk', draining: true, trouble: null },
      503,
      { status: 'draining', tier: 'disk', warnings: [] },
    ],
    [
      { tier: 'disk', draining: false, trouble: 'the disk is full' },
      503,
      { status: 'trouble', tier: 'disk', trouble: 'the disk is full', warnings: [] },
    ],
  ])('/readyz with %j', async (state, status, body) => {
    ready = state
    const response = await get('/readyz')
    expect(response.status).toBe(status)
    expect(response.headers.get('cache-control')).toBe('no-store')
    expect(await response.json()).toEqual(body)
  })

  test('/metrics', async () => {
    metrics = async () => 'tributary_sessions 0\n'
    const response = await get('/metrics')
    expect(response.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8')
    expect(await response.text()).toBe('tributary_sessions 0\n')
  })
})

describe('[H16] pages', () => {
  test('are served with their type, asked for again each time, and load nothing from elsewhere', async () => {
    const response = await get('/')
    expect([response.status, await response.text()]).toEqual([200, '<h1>front</h1>'])
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'content-type': 'text/html; charset=utf-8',
      'cache-control': 'no-cache',
      'content-security-policy': expect.stringContaining("default-src 'self'"),
      'x-content-type-options': 'nosniff',
    })
  })

  test.each(['', '/text'])('with a hash in their name are kept: %s', async (folder) => {
    const response = await get(`${folder}/assets/index-D3kf91.js`)
    expect(response.headers.get('cache-control')).toBe('public, max-age=31536000, immutable')
    expect(response.headers.get('content-type')).toBe('text/javascript; charset=utf-8')
  })

  test('that did not change are not sent again', async () => {
    const etag = (await get('/')).headers.get('etag') ?? ''
    for (const known of [etag, `W/${etag}`, `"other", ${etag}`]) {
      const response = await get('/', { headers: { 'if-none-match': known } })
      expect([response.status, await response.text()]).toEqual([304, ''])
      expect(response.headers.get('etag')).toBe(etag)
    }
    expect((await get('/', { headers: { 'if-none-match': '"other"' } })).status).toBe(200)
  })

  test('have a folder of their own', async () => {
    expect(await (await get('/text/')).text()).toBe('<h1>text</h1>')
    const response = await get('/text', { redirect: 'manual' })
    expect([response.status, response.headers.get('location')]).toEqual([308, './text/'])
  })

  test('may have a space in their name', async () => {
    expect(await (await get('/a%20b.txt')).text()).toBe('spaced')
  })

  test('answer HEAD without a body', async () => {
    const response = await get('/', { method: 'HEAD' })
    expect([response.status, await response.text()]).toEqual([200, ''])
    expect(response.headers.get('content-type')).toBe('text/html; charset=utf-8')
  })

  test.each([
    '/../secret.txt',
    '/%2e%2e/secret.txt',
    '/..%2fsecret.txt',
    '/..%5csecret.txt',
    '/assets/../../secret.txt',
    '/assets/..%2f..%2fsecret.txt',
    '//../secret.txt',
    '/link.txt',
    '/index.html%00.txt',
    '/%00',
    '/%',
    '/%ff',
    '/assets',
    '/assets/',
    '//text',
    '/\\..\\secret.txt',
    '?/../secret.txt',
    'http://other.example/../secret.txt',
    '*',
  ])('are no way to %s', async (path) => {
    const answer = await raw(`GET ${path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`)
    expect(answer).toMatch(/^HTTP\/1\.1 (400|404) /)
    expect(answer).not.toContain('secret\n')
    expect(answer).not.toMatch(/secret$/)
  })

  test('that were never built are simply not there', () => {
    const pages = new URL('not-built/', pathToFileURL(`${folder}/`))
    expect(() => createRoutes({ ready: () => ready, metrics, pages })).not.toThrow()
  })
})

describe('[H25] a board', () => {
  test.each([
    '/b/x',
    '/b/Az09_-',
    '/b/two%20words',
    `/b/${'x'.repeat(99)}`,
    '/b/x?y=/z',
    '/b/100%',
  ])('at %s is the page of all boards', async (path) => {
    const response = await get(path)
    expect([response.status, await response.text()]).toEqual([200, '<h1>board</h1>'])
    expect(response.headers.get('cache-control')).toBe('no-cache')
    expect(response.headers.get('content-security-policy')).toContain("default-src 'self'")
  })

  test('is not sent again, nor with a body to HEAD', async () => {
    const response = await get('/b/x', { method: 'HEAD' })
    expect([response.status, await response.text()]).toEqual([200, ''])
    const etag = response.headers.get('etag') ?? ''
    const again = await get('/b/other', { headers: { 'if-none-match': etag } })
    expect([again.status, await again.text()]).toEqual([304, ''])
  })

  test.each([
    ['/b', './'],
    ['/b/', '../'],
    ['/%62', './'],
  ])('without a name, %s, is the front page, below any prefix', async (path, location) => {
    const response = await get(path, { redirect: 'manual' })
    expect([response.status, response.headers.get('location')]).toEqual([302, location])
    expect(new URL(location, `https://host/sub${path}`).pathname).toBe('/sub/')
    expect(await (await get(path)).text()).toBe('<h1>front</h1>')
  })

  test.each([
    '/b/x/',
    '/b/x/y',
    '/b//',
    '/b//x',
    '/b/x%2Fy',
    '/b/%2F',
    '/b/../secret.txt',
    '/b/..%2fsecret.txt',
    '/bb/x',
    '/B/x',
    '//b/x',
  ])('is not at %s', async (path) => {
    const answer = await raw(`GET ${path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`)
    expect(answer).toMatch(/^HTTP\/1\.1 404 /)
  })

  test('is nowhere when no page was built', async () => {
    const pages = new URL('not-built/', pathToFileURL(`${folder}/`))
    const routes = createRoutes({ ready: () => ready, metrics, pages })
    expect((await routes.fetch(new Request('http://host/b/x'))).status).toBe(404)
  })
})

describe('[H17] a refusal', () => {
  test.each<[string, RequestInit, number, string]>([
    ['/nowhere', {}, 404, 'not-found'],
    ['/', { method: 'POST', body: 'x' }, 405, 'method-not-allowed'],
    ['/healthz', { method: 'DELETE' }, 405, 'method-not-allowed'],
    ['/sync/notes', {}, 426, 'upgrade-required'],
  ])('of %s %j', async (path, init, status, error) => {
    const response = await get(path, init)
    expect(response.status).toBe(status)
    expect(response.headers.get('x-content-type-options')).toBe('nosniff')
    expect(await response.json()).toEqual({ error, message: expect.stringMatching(/\.$/) })
  })

  test('of what failed says nothing of the cause, which is logged', async () => {
    metrics = () => Promise.reject(new Error('password is 1234'))
    const response = await get('/metrics')
    expect(response.status).toBe(500)
    expect(await response.text()).not.toMatch(/1234|routes\.ts|at /)
    expect(logged).toContainEqual([
      'a request failed',
      { path: '/metrics', error: expect.objectContaining({ message: 'password is 1234' }) },
    ])
  })

  test('keeps its code', async () => {
    metrics = () => Promise.reject(new TributaryError('draining', 'stopping'))
    const response = await get('/metrics')
    expect([response.status, await response.json()]).toMatchObject([503, { error: 'draining' }])
  })

  test.each([
    'GET / HTTP/1.1\r\n\r\n',
    'GET / HTTP/1.1\r\nHost: a b\r\nConnection: close\r\n\r\n',
    'GET / HTTP/9.9\r\nHost: x\r\n\r\n',
    'nonsense\r\n\r\n',
    `GET / HTTP/1.1\r\nHost: x\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`,
  ])('of a request that is none: %j', async (request) => {
    expect(await raw(request)).toMatch(/^HTTP\/1\.1 4\d\d /)
    expect((await get('/healthz')).status).toBe(200)
  })
})
