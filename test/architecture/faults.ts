import { posix } from 'node:path'
import {
  BROWSER_SAFE,
  CLIENT_MAY_IMPORT,
  DOOR,
  HOMES,
  NODE_GLOBALS,
  RANKS,
  READS_ENVIRONMENT,
} from './rules.ts'
import { readSource, type SourceFacts } from './source.ts'

/** Sources by path: `src/core/ids.ts`, `client/plain/main.ts`. */
export type Tree = ReadonlyMap<string, string>

/** Everything in a tree that breaks a rule of the house, one line each. */
export function faultsOf(tree: Tree): string[] {
  const facts = new Map([...tree].map(([path, text]) => [path, readSource(text)]))
  const edges = new Map<string, string[]>()
  const faults: string[] = []
  for (const [path, file] of facts) {
    const inner = path.replace(/^src\//, '')
    const isClient = path.startsWith('client/')
    const reached: string[] = []
    for (const specifier of file.imports) {
      if (!specifier.startsWith('.')) {
        if (!isClient) faults.push(...packageFaults(inner, specifier))
        continue
      }
      const to = resolved(path, specifier, tree)
      if (to === null) continue
      if (!tree.has(to)) faults.push(`${path} imports ${specifier}, which is not there`)
      else reached.push(to)
    }
    edges.set(path, reached)
    faults.push(...(isClient ? clientFaults(path, reached) : rankFaults(path, reached)))
    if (!isClient) faults.push(...formFaults(inner, file))
  }
  return [...faults, ...cycles(edges)]
}

/** The file that a relative specifier means; `null` for what is no source: a package.json, a folder. */
function resolved(from: string, specifier: string, tree: Tree): string | null {
  const path = posix.join(posix.dirname(from), specifier)
  if (!/^(src|client)\//.test(path) || !/\.[tj]s$/.test(path)) return null
  // The built name of a thread's entry file.
  const source = path.replace(/\.js$/, '.ts')
  return tree.has(path) ? path : source
}

const folderOf = (path: string): string => path.replace(/^src\//, '').split('/')[0] as string

function rankFaults(path: string, reached: readonly string[]): string[] {
  const from = folderOf(path)
  const rank = RANKS[from]
  if (rank === undefined) return [`${path} lies in ${from}, which has no rank`]
  return reached
    .filter((to) => !to.startsWith('src/') || (folderOf(to) !== from && !isBelow(to, rank)))
    .map((to) => `${path} (rank ${rank}) imports ${to} (rank ${RANKS[folderOf(to)] ?? 'none'})`)
}

const isBelow = (path: string, rank: number): boolean =>
  (RANKS[folderOf(path)] ?? Number.POSITIVE_INFINITY) < rank

function clientFaults(path: string, reached: readonly string[]): string[] {
  return reached
    .filter((to) => to.startsWith('src/') && !CLIENT_MAY_IMPORT.includes(folderOf(to)))
    .map((to) => `${path} imports ${to}: the client shares ${CLIENT_MAY_IMPORT.join(', ')} only`)
}

function packageFaults(path: string, specifier: string): string[] {
  if (specifier.startsWith('node:')) {
    const isSafe = !BROWSER_SAFE.includes(folderOf(path))
    return isSafe ? [] : [`${path} imports ${specifier}, but ${folderOf(path)} runs in browsers`]
  }
  const name = specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/')
  const homes = HOMES[name]
  if (homes === undefined) return [`${path} imports ${name}, which has no home`]
  return homes.some((home) => path.startsWith(home))
    ? []
    : [`${path} imports ${name}, whose home is ${homes.join(', ')}`]
}

function formFaults(path: string, file: SourceFacts): string[] {
  const faults: string[] = []
  if (file.hasDefaultExport) faults.push(`${path} has a default export`)
  if (file.hasUnreadableImport) faults.push(`${path} imports something that is not a plain text`)
  if (file.reExports && path !== DOOR) faults.push(`${path} re-exports: import where it is made`)
  if (path !== DOOR && posix.basename(path) === 'index.ts') faults.push(`${path} is a barrel`)
  if (file.readsEnvironment && path !== READS_ENVIRONMENT) {
    faults.push(`${path} reads the environment: ${READS_ENVIRONMENT} does`)
  }
  if (BROWSER_SAFE.includes(folderOf(path))) {
    for (const name of NODE_GLOBALS) {
      if (file.globals.has(name)) faults.push(`${path} uses ${name}, which browsers do not have`)
    }
  }
  return faults
}

/** Every circle of imports, once, as `a → b → a`. */
function cycles(edges: ReadonlyMap<string, readonly string[]>): string[] {
  const found: string[] = []
  const done = new Set<string>()
  const way: string[] = []
  const visit = (path: string): void => {
    const at = way.indexOf(path)
    if (at >= 0) found.push(`a circle: ${[...way.slice(at), path].join(' → ')}`)
    if (at >= 0 || done.has(path)) return
    way.push(path)
    for (const to of edges.get(path) ?? []) visit(to)
    way.pop()
    done.add(path)
  }
  for (const path of edges.keys()) visit(path)
  return found
}
