import { execFileSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { linkProduction } from './deployment.ts'

const ROOT = fileURLToPath(new URL('../../', import.meta.url))

/**
 * Makes a folder a project that has installed the package that would be published: what
 * `npm install tributary-sync` leaves, and these files.
 *
 * @param stores As of `linkProduction`.
 * @param files Texts by path.
 */
export function installPacked(
  folder: string,
  stores: readonly string[],
  files: Readonly<Record<string, string>> = {},
): void {
  const modules = join(folder, 'node_modules')
  mkdirSync(join(modules, 'tributary-sync'), { recursive: true })
  const pack = ['pack', '--ignore-scripts', '--silent', '--pack-destination', folder]
  const archive = execFileSync('npm', pack, { cwd: ROOT, encoding: 'utf8' }).trim()
  const into = ['-C', join(modules, 'tributary-sync'), '--strip-components', '1']
  execFileSync('tar', ['xzf', join(folder, archive), ...into])
  linkProduction(folder, stores)
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text)
}
