// Builds `dist/`: the server by tsc, the pages and the provider in `client/` by Vite.
//
//   node scripts/build.mjs              build
//   node scripts/build.mjs --if-stale   build unless the sources are those of the last build
//   node scripts/build.mjs --no-check   leave type errors to `npm run check`; the tests build so
//
// The new tree is made beside the old one and takes its place in two renames: a server or a test
// that runs from `dist/` meanwhile never finds half of it, and a build that fails changes nothing.

import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  cpSync,
  existsSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const ROOT = fileURLToPath(new URL('..', import.meta.url))
const DIST = join(ROOT, 'dist')
const STAMP = '.built-from'
/** Each page: its folder in `client/`, and where its files go below `dist/pages/`. */
const PAGES = [
  ['whiteboard', '.'],
  ['text', 'text'],
]
/** What others install, for browsers and for Node: into `dist/client/`. */
const PROVIDER = 'client/provider'
/** What Redis runs goes along as it is. */
const SCRIPTS = 'redis/lua'
const SOURCES = ['src', 'client', 'scripts/build.mjs', 'tsconfig.json', 'tsconfig.build.json']

/**
 * The path, size and time of every source as one text. Times alone would miss a removed file, and
 * hashing the contents would cost a `npm start` that has nothing to build.
 */
function fingerprint() {
  const hash = createHash('sha1')
  const visit = (/** @type {string} */ path) => {
    const stat = statSync(join(ROOT, path), { throwIfNoEntry: false })
    if (stat === undefined) return
    if (!stat.isDirectory()) hash.update(`${path}:${stat.size}:${stat.mtimeMs}\n`)
    else for (const name of readdirSync(join(ROOT, path)).sort()) visit(`${path}/${name}`)
  }
  // The lock file that npm leaves in node_modules changes with every installation.
  for (const path of [...SOURCES, 'node_modules/.package-lock.json']) visit(path)
  return hash.digest('hex')
}

/** @param {string} print */
function isFresh(print) {
  const stamp = join(DIST, STAMP)
  return existsSync(stamp) && readFileSync(stamp, 'utf8') === print
}

/**
 * A tool of a dependency, run by this very Node: no shell and no PATH is involved.
 *
 * @type {(what: string, script: string, args: readonly string[]) => void}
 */
function run(what, script, args) {
  const path = join(ROOT, 'node_modules', script)
  if (!existsSync(path)) {
    throw new Error(`the build needs ${what}, which is not installed: npm ci`)
  }
  const { status, signal, error } = spawnSync(process.execPath, [path, ...args], {
    cwd: ROOT,
    // What the tools say goes to stderr: the stdout of `npm start` belongs to the server.
    stdio: ['ignore', 2, 2],
  })
  if (error !== undefined) throw error
  if (status !== 0) throw new Error(`${what} failed (${signal ?? `exit code ${status}`})`)
}

/**
 * Another build may finish between our two renames; then its tree makes room for ours in turn.
 *
 * @type {(place: string, next: string, old: string) => void}
 */
function takeThePlaceOf(place, next, old) {
  for (let attempt = 1; ; attempt++) {
    try {
      if (existsSync(place)) renameSync(place, `${old}-${attempt}`)
      return renameSync(next, place)
    } catch (error) {
      if (attempt === 5) throw error
    } finally {
      rmSync(`${old}-${attempt}`, { recursive: true, force: true })
    }
  }
}

/**
 * One file for each of the two, and the declarations of both as a tree.
 *
 * @type {(folder: string, check: boolean) => void}
 */
function buildProvider(folder, check) {
  for (const mode of ['browser', 'node']) {
    run('Vite', 'vite/bin/vite.js', [
      ...['build', PROVIDER, '--config', 'client/vite.provider.config.ts', '--logLevel', 'warn'],
      ...['--mode', mode, '--outDir', folder],
    ])
  }
  run('TypeScript', 'typescript/bin/tsc', [
    ...['-p', `${PROVIDER}/tsconfig.build.json`, '--outDir', join(folder, 'types')],
    ...(check ? ['--noEmitOnError'] : ['--noCheck']),
  ])
}

/**
 * @param {{ ifStale?: boolean, check?: boolean }} options
 * @returns {boolean} Whether anything was built.
 */
export function build({ ifStale = false, check = true } = {}) {
  const print = fingerprint()
  if (ifStale && isFresh(print)) return false

  const next = `${DIST}.next-${process.pid}`
  const old = `${DIST}.old-${process.pid}`
  try {
    run('TypeScript', 'typescript/bin/tsc', [
      ...['-p', 'tsconfig.build.json', '--outDir', next],
      ...(check ? ['--noEmitOnError'] : ['--noCheck']),
    ])
    if (existsSync(join(ROOT, 'src', SCRIPTS))) {
      cpSync(join(ROOT, 'src', SCRIPTS), join(next, SCRIPTS), { recursive: true })
    }
    for (const [page = '', below = ''] of PAGES) {
      if (!existsSync(join(ROOT, 'client', page, 'main.ts'))) continue
      run('Vite', 'vite/bin/vite.js', [
        ...['build', `client/${page}`, '--config', 'client/vite.config.ts', '--logLevel', 'warn'],
        ...['--outDir', join(next, 'pages', below)],
      ])
    }
    if (existsSync(join(ROOT, PROVIDER))) buildProvider(join(next, 'client'), check)
    writeFileSync(join(next, STAMP), print)
    takeThePlaceOf(DIST, next, old)
  } finally {
    rmSync(next, { recursive: true, force: true })
  }
  return true
}

if (
  process.argv[1] !== undefined &&
  realpathSync(process.argv[1]) === realpathSync(fileURLToPath(import.meta.url))
) {
  try {
    const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
    if (major < 20 || (major === 20 && minor < 19)) {
      throw new Error(`Node ${process.versions.node} is too old, install 20.19 or newer`)
    }
    build({
      ifStale: process.argv.includes('--if-stale'),
      check: !process.argv.includes('--no-check'),
    })
  } catch (error) {
    console.error(`build: ${error instanceof Error ? error.message : error}`)
    process.exitCode = 1
  }
}
