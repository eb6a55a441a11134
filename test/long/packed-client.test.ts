import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { gzipSync } from 'node:zlib'
import { build } from 'vite'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { browser, withoutChromium } from '../browser/chromium.ts'
import { until } from '../support/deadline.ts'
import { installPacked } from '../support/packed.ts'
import { ownStageTest, type Stage } from '../support/stage.ts'

const ROOT = new URL('../../', import.meta.url)
const TSC = fileURLToPath(new URL('node_modules/typescript/bin/tsc', ROOT))
/** In bytes, compressed. */
const MOST = 15 * 1024

/** The lines of the README with which everything begins. */
const [, LINES = ''] =
  /<!-- three-lines -->\s+```js\n([^`]+)```/.exec(
    readFileSync(new URL('README.md', ROOT), 'utf8'),
  ) ?? []

/** What uses the types, for a page and for a program alike. */
const APP = `
import { connect, type ConnectOptions, type Handle, NotSaved } from 'tributary-sync/client'
import { forgetDevice, StorageTrouble } from 'tributary-sync/client'
import type { Aside, LinkState, SaveState, Status, Tier } from 'tributary-sync/client'
import { Awareness } from 'y-protocols/awareness'
import * as Y from 'yjs'

export function words(status: Status): string {
  const link: LinkState = status.link
  const save: SaveState = status.save
  const tier: Tier | null = status.tier
  return [link.is, save.is === 'local' ? save.device : '', tier ?? ''].join(' ')
}
const doc = new Y.Doc()
const options: ConnectOptions = { doc, awareness: new Awareness(doc), token: async () => 'a', tier: 'disk' }
const handle: Handle = connect('wss://host/below', 'notes/today', options)
const text: Y.Text = handle.doc.getText()
const unlisten: () => void = handle.on('status', (status) => words(status))
handle.on('rejected', (aside: Aside) => aside.code + text.length)
handle.on('lost', (clients: readonly number[]) => clients.length)
handle.saved({ tier: 'process', timeoutMs: 100 }).catch((error: unknown) => {
  if (error instanceof NotSaved) unlisten()
})
forgetDevice({ url: 'wss://host' }).catch((error: unknown) => {
  if (error instanceof StorageTrouble && error.trouble === 'busy') unlisten()
})
connect('ws://127.0.0.1:8787', 'notes/today', { token: 'a', offline: false }).destroy()
// @ts-expect-error There is no such event.
handle.on('nothing', () => {})
`

const COMPILER = {
  target: 'es2022',
  strict: true,
  noEmit: true,
  verbatimModuleSyntax: true,
  exactOptionalPropertyTypes: true,
}
const tsconfig = (options: object, file: string) =>
  JSON.stringify({ compilerOptions: { ...COMPILER, ...options }, files: [file] })

/** A project that has installed the package. */
let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'tributary-packed-'))
  const page = { module: 'esnext', moduleResolution: 'bundler', types: [], lib: ['es2022', 'dom'] }
  installPacked(folder, [], {
    'package.json': JSON.stringify({ type: 'module', private: true }),
    'app.ts': APP,
    'main.ts': "import { words } from './app'\ndocument.title = words.name\n",
    'provider.ts': "export * from 'tributary-sync/client'\n",
    'node.json': tsconfig({ module: 'nodenext', types: [], lib: ['es2022', 'dom'] }, 'app.ts'),
    'page.json': tsconfig(page, 'main.ts'),
  })
})
afterAll(() => rmSync(folder, { recursive: true }))

const installed = (file: string) =>
  readFileSync(join(folder, 'node_modules/tributary-sync/dist/client', file), 'utf8')

/** What Vite makes of a module of the project for a page, without what is `external`. */
async function bundle(entry: string, external: RegExp | []): Promise<string> {
  const outDir = mkdtempSync(join(folder, 'out-'))
  await build({
    root: folder,
    configFile: false,
    logLevel: 'error',
    build: {
      outDir,
      minify: true,
      modulePreload: false,
      rolldownOptions: {
        input: join(folder, entry),
        external,
        preserveEntrySignatures: 'strict',
        output: { entryFileNames: 'bundle.js' },
      },
    },
  })
  return readFileSync(join(outDir, 'bundle.js'), 'utf8')
}

describe('[U60] the package as it is published', () => {
  test.each(['node.json', 'page.json'])('has types that hold in a project: %s', async (project) => {
    const args = [TSC, '-p', join(folder, project)]
    const { stdout } = await promisify(execFile)(process.execPath, args).catch((error) => error)
    expect(stdout).toBe('')
  })

  test('brings browsers nothing of Node', () => {
    const names = importsOf(installed('browser.js'))
    expect(names).toContain('yjs')
    expect(names.filter((name) => !/^(yjs|lib0\/.+|y-protocols\/.+)$/.test(name))).toEqual([])
  })
})

/** What a module imports, in whatever way. */
const importsOf = (file: string): string[] =>
  [...file.matchAll(/(?:\bfrom\s*|\bimport\s*\(?\s*)["']([^"']+)["']/g)].map(
    ([, name]) => name ?? '',
  )

test('[U62] yjs, y-protocols and lib0 are those of the app', () => {
  for (const file of ['browser.js', 'node.js']) {
    // The line by which yjs finds a second copy of itself.
    expect(installed(file)).not.toContain('__ $YJS$ __')
  }
})

test('[U63] a page gets at most 15 KB of it, compressed', async () => {
  const text = await bundle('provider.ts', /^(yjs|lib0|y-protocols)(\/|$)/)
  const bytes = gzipSync(text).length
  console.log(`the provider: ${text.length} bytes, ${bytes} compressed`)
  expect(text.includes('indexedDB')).toBe(true)
  expect(bytes).toBeLessThanOrEqual(MOST)
})

describe.skipIf(withoutChromium)('[U64] the three lines of the README', () => {
  ownStageTest(
    'bring two browsers together, and Node',
    async (stage) => {
      await stage.start()
      expect(LINES.trim().split('\n')).toHaveLength(3)
      const lines = LINES.replace('127.0.0.1:8787', `127.0.0.1:${stage.port}`)
      // Behind them, what lets the test type.
      writeFileSync(join(folder, 'lines.js'), `${lines}\nglobalThis.doc = doc\n`)
      const place = await servePage(stage, await bundle('lines.js', []))
      const [ann, bob] = await Promise.all([openPage(stage, place), openPage(stage, place)])
      const heard = runNode(stage, lines)

      await ann.page.evaluate('doc.getText().insert(0, "hello")')
      await until('Bob’s browser has it', stage.deadline, () => bob.said.includes('hello'))
      await until('Node has it', stage.deadline, () => heard.includes('hello'))
    },
    { timeout: 120_000 },
  )
})

/** The lines as a page, in a browser of its own, and what they have written to its console. */
async function openPage(stage: Stage, place: string) {
  const context = await (await browser()).newContext()
  stage.atEnd(() => context.close())
  const page = await context.newPage()
  const said: string[] = []
  page.on('console', (message) => said.push(message.text()))
  await page.goto(place)
  await until('the lines have run', stage.deadline, () => page.evaluate('"doc" in globalThis'))
  return { page, said }
}

/** A server of the page alone, as an app has one. @returns its address. */
async function servePage(stage: Stage, script: string): Promise<string> {
  const server = createServer((request, response) => {
    const isScript = request.url === '/lines.js'
    response.setHeader('content-type', isScript ? 'text/javascript' : 'text/html')
    response.end(isScript ? script : '<script type="module" src="lines.js"></script>')
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  stage.atEnd(() => {
    server.close()
    server.closeAllConnections()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
}

/** The lines as a program, and what it has written so far. */
function runNode(stage: Stage, lines: string): readonly string[] {
  writeFileSync(join(folder, 'lines.mjs'), lines)
  const child = spawn(process.execPath, [join(folder, 'lines.mjs')])
  stage.atEnd(() => {
    child.kill()
  })
  const said: string[] = []
  child.stdout.on('data', (chunk: Buffer) => said.push(...String(chunk).split('\n')))
  child.stderr.on('data', (chunk: Buffer) => said.push(String(chunk)))
  return said
}
