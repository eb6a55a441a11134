import { existsSync, mkdirSync, readFileSync, symlinkSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parse } from 'yaml'

const ROOT = new URL('../../', import.meta.url)
const read = (path: string) => readFileSync(new URL(path, ROOT), 'utf8')

/** What of a service counts here. */
export interface Service {
  readonly image?: string
  readonly build?: string
  readonly command?: readonly string[]
  readonly environment?: Readonly<Record<string, string>>
  readonly ports?: readonly string[]
  readonly volumes?: readonly string[]
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>
  readonly healthcheck?: { readonly test: readonly string[] }
  readonly networks?: { readonly default: { readonly ipv4_address: string } }
  readonly configs?: readonly { readonly source: string; readonly target: string }[]
  readonly stop_grace_period?: string
  readonly restart?: string
}

export interface Compose {
  readonly services: Readonly<Record<'redis' | 'node-a' | 'node-b' | 'nginx', Service>>
  readonly configs: Readonly<Record<string, { readonly content: string }>>
  readonly networks: {
    readonly default: {
      readonly ipam: { readonly config: readonly { subnet: string; ip_range: string }[] }
    }
  }
}

/**
 * `docker-compose.yml` as Docker Compose would read it with these variables.
 *
 * @throws {Error} with the text behind `:?`, for a variable that is not set.
 */
export function readCompose(variables: Readonly<Record<string, string | undefined>>): Compose {
  const whole: unknown = parse(read('docker-compose.yml'), { merge: true })
  return interpolated(whole, variables) as Compose
}

/** In every text: `$$` is a dollar, `${NAME}` a variable, `${NAME:?why}` one that has to be there. */
function interpolated(
  value: unknown,
  variables: Readonly<Record<string, string | undefined>>,
): unknown {
  if (typeof value === 'string') {
    return value.replace(
      /\$(?:\$|\{(\w+)(?::\?([^}]*))?\}|(\w+))/g,
      (whole, braced?: string, why?: string, bare?: string) => {
        if (whole === '$$') return '$'
        const found = variables[braced ?? bare ?? ''] ?? ''
        if (found === '' && why !== undefined) throw new Error(`${braced} ${why}`)
        return found
      },
    )
  }
  if (Array.isArray(value)) return value.map((one) => interpolated(one, variables))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([key, one]) => [key, interpolated(one, variables)]),
  )
}

/** One statement of the Dockerfile, its continued lines as one. */
export interface Statement {
  readonly name: string
  readonly rest: string
}

/** The stages of the Dockerfile, the last of which is the image. */
export function readDockerfile(): readonly (readonly Statement[])[] {
  const stages: Statement[][] = []
  const lines = read('Dockerfile')
    .replace(/^#.*\n/gm, '')
    .replace(/\\\n\s*/g, '')
  for (const line of lines.split('\n').filter((one) => one !== '')) {
    const [, name = '', rest = ''] = /^([A-Z]+) (.*)$/.exec(line) ?? []
    if (name === 'FROM') stages.push([])
    stages.at(-1)?.push({ name, rest })
  }
  return stages
}

/** What stands behind each statement of that name. */
export const restsOf = (stage: readonly Statement[], name: string): readonly string[] =>
  stage.filter((statement) => statement.name === name).map(({ rest }) => rest)

/** What a stage copies: each file or folder, from the tree (`null`) or from another stage. */
export const copied = (stage: readonly Statement[]) =>
  restsOf(stage, 'COPY').map((rest) => {
    const words = rest.split(' ').filter((word) => !word.startsWith('--'))
    return { from: /--from=(\S+)/.exec(rest)?.[1] ?? null, files: words.slice(0, -1) }
  })

/** What the image sets: `ENV`, as one object. */
export function imageEnvironment(image: readonly Statement[]): Record<string, string> {
  const words = restsOf(image, 'ENV').flatMap((rest) => rest.split(' '))
  return Object.fromEntries(words.map((word) => word.split('=') as [string, string]))
}

/** The words of a statement in the exec form; a shell form would keep signals from the process. */
export function execForm(image: readonly Statement[], name: string): readonly string[] {
  const [rest] = restsOf(image, name)
  if (rest === undefined) throw new Error(`the image has no ${name}`)
  return JSON.parse(rest) as string[]
}

/** What is installed beside the package by whoever wants to keep things in a folder, or in Redis. */
export const STORES: readonly string[] = ['better-sqlite3', 'ioredis']

interface Locked {
  readonly dev?: boolean
  readonly dependencies?: Readonly<Record<string, string>>
}

/**
 * The packages of production, linked into a folder as an installation leaves them.
 *
 * @param stores Packages that are installed beside it, by whoever wants that store.
 */
export function linkProduction(root: string, stores: readonly string[]): void {
  const { packages } = JSON.parse(read('package-lock.json')) as {
    packages: Record<string, Locked>
  }
  const wanted = new Set(
    // Those inside others come with them.
    Object.entries(packages)
      .filter(([path, { dev }]) => dev !== true && path.lastIndexOf('node_modules/') === 0)
      .map(([path]) => path),
  )
  const want = (name: string): void => {
    const path = `node_modules/${name}`
    if (wanted.has(path)) return
    wanted.add(path)
    for (const other of Object.keys(packages[path]?.dependencies ?? {})) want(other)
  }
  for (const name of stores) want(name)
  for (const path of wanted) {
    if (!existsSync(fileURLToPath(new URL(path, ROOT)))) continue
    mkdirSync(dirname(join(root, path)), { recursive: true })
    symlinkSync(fileURLToPath(new URL(path, ROOT)), join(root, path))
  }
}
