import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const BENCH = fileURLToPath(new URL('..', import.meta.url))

/**
 * The peers, unless they are there. Their install scripts are not run: the only one builds a
 * database that no target here opens.
 */
export function prepareBench() {
  if (process.platform !== 'linux')
    throw new Error('it reads /proc and pins with taskset: Linux only')
  const installed = join(BENCH, 'node_modules', '.package-lock.json')
  if (existsSync(installed) && hasWhatIsLocked(installed)) return
  process.stderr.write('installing the peers into bench/node_modules\n')
  run('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund'], BENCH)
}

/** @param {string} installed */
function hasWhatIsLocked(installed) {
  const is = JSON.parse(readFileSync(installed, 'utf8')).packages
  const locked = JSON.parse(readFileSync(join(BENCH, 'package-lock.json'), 'utf8')).packages
  return Object.entries(locked).every(
    ([path, { version, optional }]) => path === '' || optional || is[path]?.version === version,
  )
}

/** Tributary itself. Type errors are left to `npm run check`. @param {string} root */
export function prepareDist(root) {
  run(process.execPath, ['scripts/build.mjs', '--if-stale', '--no-check'], root)
}

/**
 * What it says goes to stderr: stdout is for the tables.
 *
 * @param {string} command @param {string[]} args @param {string} folder
 */
export function run(command, args, folder) {
  const { status, error } = spawnSync(command, args, { cwd: folder, stdio: ['ignore', 2, 2] })
  if (error !== undefined) throw error
  if (status !== 0) throw new Error(`${command} ${args.join(' ')} failed with ${status}`)
}
