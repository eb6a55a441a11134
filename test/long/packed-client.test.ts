import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { gzipSync } from 'node:zlib'
import { build } from 'vite'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { installPacked } from '../support/packed.ts'

const TSC = fileURLToPath(new URL('../../node_modules/typescript/bin/tsc', import.meta.url))
/** In bytes, compressed. */
const MOST = 15 * 1024

/** What uses all of the types, for a page and for a program alike. */
const APP = `
import type { Aside, LinkState, SaveState, Status, Tier } from 'tributary-sync/client'

export function words(status: Status): string {
  const link: LinkState = status.link
  const save: SaveState = status.save
  const tier: Tier | null = status.tier
  return [link.is, save.is === 'local' ? save.device : '', tier ?? ''].join(' ')
}
export const code = (aside: Aside): string => aside.code
`

const COMPILER = {
  target: 'es2022',
  strict: true,
  noEmit: true,
  verbatimModuleSyntax: true,
  exactOptionalPropertyTypes: true,
}

/** A project that has installed the package. */
let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'tributary-packed-'))
  const files = {
    'package.json': JSON.stringify({ type: 'module', private: true }),
    'app.ts': APP,
    'main.ts': "import { words } from './app'\ndocument.title = words.name\n",
    'index.html': '<!doctype html><script type="module" src="./main.ts"></script>',
    'provider.ts': "export * from 'tributary-sync/client'\n",
    'node.json': tsconfig({ module: 'nodenext', types: [], lib: ['es2022'] }, 'app.ts'),
    'page.json': tsconfig(
      { module: 'esnext', moduleResolution: 'bundler', types: [], lib: ['es2022', 'dom'] },
      'main.ts',
    ),
  }
  installPacked(folder, [], files)
})
afterAll(() => rmSync(folder, { recursive: true }))

const tsconfig = (options: object, file: string) =>
  JSON.stringify({ compilerOptions: { ...COMPILER, ...options }, files: [file] })

/** The bundle that Vite makes of a file of the project, with what is `external` left out. */
async function bundle(entry: string, external: RegExp): Promise<string> {
  const outDir = join(folder, 'out')
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
  const text = readFileSync(join(outDir, 'bundle.js'), 'utf8')
  rmSync(outDir, { recursive: true })
  return text
}

describe('[U60] the package as it is published', () => {
  test.each(['node.json', 'page.json'])('has types that hold in a project: %s', async (project) => {
    const args = [TSC, '-p', join(folder, project)]
    const { stdout } = await promisify(execFile)(process.execPath, args).catch((error) => error)
    expect(stdout).toBe('')
  })

  test('brings browsers nothing of Node', () => {
    const file = readFileSync(
      join(folder, 'node_modules/tributary-sync/dist/client/browser.js'),
      'utf8',
    )
    expect(imports(file).filter((name) => !/^(yjs|lib0\/|y-protocols\/)/.test(name))).toEqual([])
  })
})

/** What a module of ours imports, in whatever way. */
const imports = (file: string): string[] =>
  [...file.matchAll(/(?:\bfrom\s*|\bimport\s*\(?\s*)["']([^"']+)["']/g)].map(
    ([, name]) => name ?? '',
  )

test('[U62] yjs, y-protocols and lib0 are those of the app', () => {
  for (const name of ['browser.js', 'node.js']) {
    const file = readFileSync(join(folder, 'node_modules/tributary-sync/dist/client', name), 'utf8')
    // The line by which yjs finds a second copy of itself.
    expect(file).not.toContain('__ $YJS$ __')
  }
})

test('[U63] a page gets at most 15 KB of it, compressed', async () => {
  const text = await bundle('provider.ts', /^(yjs|lib0|y-protocols)(\/|$)/)
  const bytes = gzipSync(text).length
  console.log(`the provider: ${text.length} bytes, ${bytes} compressed`)
  expect(bytes).toBeLessThanOrEqual(MOST)
})
