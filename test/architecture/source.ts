import { parseAst } from 'vite'

/** What the architecture cares about in one file. */
export interface SourceFacts {
  /** Specifiers of every import, type and dynamic ones too, and of `new URL(…, import.meta.url)`. */
  readonly imports: readonly string[]
  /** Those of them that are loaded before anything runs: no types, and nothing that `import()` loads. */
  readonly atStart: readonly string[]
  readonly globals: ReadonlySet<string>
  readonly hasDefaultExport: boolean
  readonly reExports: boolean
  readonly readsEnvironment: boolean
  /** An import whose target is not a plain text: nobody can say where it leads. */
  readonly hasUnreadableImport: boolean
}

type Node = { readonly type: string } & Readonly<Record<string, unknown>>

const isNode = (value: unknown): value is Node =>
  typeof value === 'object' && value !== null && typeof (value as Node).type === 'string'

const named = (value: unknown, name: string): boolean =>
  isNode(value) && value.type === 'Identifier' && value.name === name

const textOf = (value: unknown): string | null =>
  isNode(value) && value.type === 'Literal' && typeof value.value === 'string' ? value.value : null

const known = new Map<string, SourceFacts>()

/** @throws When it is not TypeScript. */
export function readSource(text: string): SourceFacts {
  const facts = known.get(text) ?? parse(text)
  known.set(text, facts)
  return facts
}

function parse(text: string): SourceFacts {
  const imports: string[] = []
  const atStart: string[] = []
  const globals = new Set<string>()
  let hasDefaultExport = false
  let reExports = false
  let readsEnvironment = false
  let hasUnreadableImport = false

  const target = (value: unknown): void => {
    const specifier = textOf(value)
    if (specifier === null) hasUnreadableImport = true
    else imports.push(specifier)
  }

  const visit = (node: Node, parent: Node | null, key: string): void => {
    switch (node.type) {
      case 'ImportDeclaration':
      case 'ImportExpression':
      case 'TSImportType':
        target(node.source)
        // One of which all names are types stays, and loads: `verbatimModuleSyntax`.
        if (node.type === 'ImportDeclaration' && node.importKind !== 'type') {
          atStart.push(textOf(node.source) ?? '')
        }
        if (/^(node:)?process$/.test(textOf(node.source) ?? '')) readsEnvironment = true
        break
      case 'ExportAllDeclaration':
      case 'ExportNamedDeclaration':
        if (node.source === null || node.source === undefined) break
        target(node.source)
        if (node.exportKind !== 'type') atStart.push(textOf(node.source) ?? '')
        reExports = true
        break
      case 'ExportDefaultDeclaration':
        hasDefaultExport = true
        break
      case 'ExportSpecifier':
        if (named(node.exported, 'default')) hasDefaultExport = true
        break
      case 'NewExpression': {
        const [path, base] = node.arguments as readonly unknown[]
        const isHere = isNode(base) && isNode(base.object) && base.object.type === 'MetaProperty'
        if (named(node.callee, 'URL') && isHere) {
          const relative = textOf(path)
          if (relative !== null) imports.push(relative)
        }
        break
      }
      case 'MemberExpression': {
        const isEnv = named(node.property, 'env') || textOf(node.property) === 'env'
        if (isEnv && named(node.object, 'process')) readsEnvironment = true
        break
      }
      case 'VariableDeclarator':
        if (named(node.init, 'process')) readsEnvironment = true
        break
      case 'Identifier': {
        const isMember =
          parent?.type === 'MemberExpression' && key === 'property' && !parent.computed
        if (!isMember && !(key === 'key' && parent?.computed !== true))
          globals.add(String(node.name))
      }
    }
    for (const [childKey, value] of Object.entries(node)) {
      for (const child of Array.isArray(value) ? value : [value]) {
        if (isNode(child)) visit(child, node, childKey)
      }
    }
  }
  visit(parseAst(text, { lang: 'ts' }) as unknown as Node, null, '')
  return {
    imports,
    atStart,
    globals,
    hasDefaultExport,
    reExports,
    readsEnvironment,
    hasUnreadableImport,
  }
}
