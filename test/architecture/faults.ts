import { posix } from 'node:path'
import {
  BROWSER_SAFE,
  CLIENT_HOMES,
  CLIENT_IN_NODE,
  CLIENT_MAY_IMPORT,
  DOM_FREE,
  DOM_GLOBALS,
  DOORS,
  HOMES,
  HOUSES,
  type House,
  NODE_GLOBALS,
  READS_ENVIRONMENT,
  WITHOUT_STORES,
} from './rules.ts'
import { readSource, type SourceFacts } from './source.ts'

/** Sources by path: `src/core/ids.ts`, `client/text/main.ts`. */
export type Tree = ReadonlyMap<string, string>

/** Everything in a tree that breaks a rule of the house, one line each. */
export function faultsOf(tree: Tree): string[] {
  const facts = new Map([...tree].map(([path, text]) => [path, readSource(text)]))
  const edges = new Map<string, string[]>()
  const faults: string[] = []
  for (const [path, file] of facts) {
    const isClient = path.startsWith('client/')
    const reached: string[] = []
    for (const specifier of file.imports) {
      if (!specifier.startsWith('.')) {
        faults.push(
          ...(isClient ? clientPackageFaults(path, specifier) : packageFaults(path, specifier)),
        )
        continue
      }
      const to = resolved(path, specifier, tree)
      if (to === null) continue
      if (!tree.has(to)) faults.push(`${path} imports ${specifier}, which is not there`)
      else reached.push(to)
    }
    edges.set(path, reached)
    for (const house of HOUSES) {
      if (path.startsWith(house.root)) faults.push(...rankFaults(path, reached, house))
    }
    faults.push(
      ...(isClient ? clientFaults(path, file, reached) : serverFaults(path, file, reached)),
    )
  }
  return [...faults, ...cycles(edges), ...storesAtStart(tree, facts)]
}

/** The file that a relative specifier means; `null` for what is no source: a package.json, a folder. */
function resolved(from: string, specifier: string, tree: Tree): string | null {
  const path = posix.join(posix.dirname(from), specifier)
  if (!/^(src|client)\//.test(path) || !/\.[tj]s$/.test(path)) return null
  // The built name of a thread's entry file.
  const source = path.replace(/\.js$/, '.ts')
  return tree.has(path) ? path : source
}

/** `core` of `src/core/ids.ts`, `main.ts` of `src/main.ts`. */
const folderOf = (path: string, root = 'src/'): string =>
  path.slice(root.length).split('/')[0] as string
const innerOf = (path: string): string => path.slice(path.indexOf('/') + 1)

function rankFaults(path: string, reached: readonly string[], { root, ranks }: House): string[] {
  const from = folderOf(path, root)
  const rank = ranks[from]
  if (rank === undefined) return [`${path} lies in ${from}, which has no rank`]
  return reached
    .filter((to) => to.startsWith(root) && folderOf(to, root) !== from)
    .map((to) => [to, ranks[folderOf(to, root)]] as const)
    .filter(([, other]) => other === undefined || other >= rank)
    .map(([to, other]) => `${path} (rank ${rank}) imports ${to} (rank ${other ?? 'none'})`)
}

function packageFaults(path: string, specifier: string): string[] {
  const inner = innerOf(path)
  if (!specifier.startsWith('node:')) return homeFaults(inner, specifier, HOMES)
  const isSafe = !BROWSER_SAFE.includes(folderOf(path))
  return isSafe ? [] : [`${inner} imports ${specifier}, but ${folderOf(path)} runs in browsers`]
}

function clientPackageFaults(path: string, specifier: string): string[] {
  if (specifier.startsWith('node:') && path.startsWith(CLIENT_IN_NODE)) return []
  return specifier.startsWith('node:')
    ? [`${path} imports ${specifier}, but client runs in browsers`]
    : homeFaults(innerOf(path), specifier, CLIENT_HOMES)
}

function homeFaults(inner: string, specifier: string, all: typeof HOMES): string[] {
  const name = specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/')
  const homes = all[name]
  if (homes === undefined) return [`${inner} imports ${name}, which has no home`]
  return homes.some((home) => inner.startsWith(home))
    ? []
    : [`${inner} imports ${name}, whose home is ${homes.join(', ')}`]
}

function serverFaults(path: string, file: SourceFacts, reached: readonly string[]): string[] {
  const inner = innerOf(path)
  const faults = reached
    .filter((to) => !to.startsWith('src/'))
    .map((to) => `${path} imports ${to}, which is outside of src`)
  faults.push(...formFaults(inner, file))
  if (file.readsEnvironment && inner !== READS_ENVIRONMENT) {
    faults.push(`${inner} reads the environment: ${READS_ENVIRONMENT} does`)
  }
  if (BROWSER_SAFE.includes(folderOf(path))) {
    for (const name of NODE_GLOBALS) {
      if (file.globals.has(name)) faults.push(`${inner} uses ${name}, which browsers do not have`)
    }
  }
  return faults
}

function clientFaults(path: string, file: SourceFacts, reached: readonly string[]): string[] {
  const faults = reached
    .filter((to) => to.startsWith('src/') && !CLIENT_MAY_IMPORT.includes(folderOf(to)))
    .map((to) => `${path} imports ${to}: the client shares ${CLIENT_MAY_IMPORT.join(', ')} only`)
  // Vite asks its configuration for a default export.
  if (!path.endsWith('.config.ts')) faults.push(...formFaults(path, file))
  if (DOM_FREE.some((folder) => path.startsWith(folder))) {
    for (const name of file.globals) {
      if (DOM_GLOBALS.test(name)) faults.push(`${path} uses ${name}, which only pages have`)
    }
  }
  return faults
}

/** @param path Inside `src`, or with its `client/`. */
function formFaults(path: string, file: SourceFacts): string[] {
  const faults: string[] = []
  if (file.hasDefaultExport) faults.push(`${path} has a default export`)
  if (file.hasUnreadableImport) faults.push(`${path} imports something that is not a plain text`)
  if (file.reExports && !DOORS.includes(path))
    faults.push(`${path} re-exports: import where it is made`)
  if (!DOORS.includes(path) && posix.basename(path) === 'index.ts')
    faults.push(`${path} is a barrel`)
  return faults
}

/** Packages of stores that are loaded whether a server has that store or not, each with the way there. */
function storesAtStart(tree: Tree, facts: ReadonlyMap<string, SourceFacts>): string[] {
  const faults: string[] = []
  const { from, packages } = WITHOUT_STORES
  const done = new Set<string>()
  const visit = (way: readonly string[]): void => {
    const path = way.at(-1) as string
    if (done.has(path)) return
    done.add(path)
    for (const specifier of facts.get(path)?.atStart ?? []) {
      const to = specifier.startsWith('.') ? resolved(path, specifier, tree) : null
      if (to !== null) visit([...way, to])
      else if (packages.some((name) => name === specifier)) {
        faults.push(`${specifier} is loaded at the start: ${way.join(' → ')}`)
      }
    }
  }
  for (const path of from) visit([path])
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
