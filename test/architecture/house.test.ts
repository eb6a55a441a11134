import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { faultsOf, type Tree } from './faults.ts'
import { HOMES, RANKS } from './rules.ts'

const ROOT = new URL('../../', import.meta.url)

function readTree(): Tree {
  const tree = new Map<string, string>()
  for (const top of ['src', 'client']) {
    for (const entry of readdirSync(new URL(top, ROOT), { recursive: true, encoding: 'utf8' })) {
      const path = `${top}/${entry.replaceAll('\\', '/')}`
      if (path.endsWith('.ts')) tree.set(path, readFileSync(new URL(path, ROOT), 'utf8'))
    }
  }
  return tree
}

/** The real tree with one more line in a file, or with one more file. */
function withLine(path: string, line: string): Tree {
  const tree = readTree()
  return new Map([...tree, [path, `${tree.get(path) ?? ''}\n${line}\n`]])
}

describe('[H1] the house', () => {
  test('stands: ranks, homes, no circles', () => {
    expect(faultsOf(readTree())).toEqual([])
  })

  test('is all there, so that the test above looks at something', () => {
    const folders = new Set([...readTree().keys()].map((path) => path.split('/')[1]))
    for (const name of Object.keys(RANKS)) expect(folders).toContain(name)
  })
})

describe('[H1] a line that breaks a rule is found', () => {
  test.each([
    [
      'a rank',
      'src/core/ids.ts',
      "import { x } from '../crdt/scan.ts'",
      'src/core/ids.ts (rank 1) imports src/crdt/scan.ts (rank 2)',
    ],
    [
      'a rank, by a type',
      'src/log/log.ts',
      "import type { Entity } from '../entity/entity.ts'",
      'src/log/log.ts (rank 3) imports src/entity/entity.ts (rank 4)',
    ],
    [
      'a rank, by an inline type',
      'src/log/log.ts',
      "type X = import('../entity/entity.ts').Entity",
      'src/log/log.ts (rank 3) imports src/entity/entity.ts (rank 4)',
    ],
    [
      'a rank, at run time',
      'src/log/log.ts',
      "const x = await import('../entity/entity.ts')",
      'src/log/log.ts (rank 3) imports src/entity/entity.ts (rank 4)',
    ],
    [
      'a rank, by the file of a thread',
      'src/log/log.ts',
      "const x = new URL('../jobs/compact-thread.js', import.meta.url)",
      'src/log/log.ts (rank 3) imports src/jobs/compact-thread.ts (rank 5)',
    ],
    [
      'a rank, by a neighbour',
      'src/wire/cursor.ts',
      "import { x } from '../crdt/scan.ts'",
      'src/wire/cursor.ts (rank 2) imports src/crdt/scan.ts (rank 2)',
    ],
    [
      'a folder without a rank',
      'src/utils/all.ts',
      'export const x = 1',
      'src/utils/all.ts lies in utils, which has no rank',
    ],
    [
      'a file that is not there',
      'src/core/ids.ts',
      "import { x } from './gone.ts'",
      'src/core/ids.ts imports ./gone.ts, which is not there',
    ],
    [
      'a way out of src',
      'src/core/ids.ts',
      "import { x } from '../../client/plain/main.ts'",
      'src/core/ids.ts (rank 1) imports client/plain/main.ts (rank none)',
    ],
    [
      'a home',
      'src/entity/entity.ts',
      "import { WebSocket } from 'ws'",
      'entity/entity.ts imports ws, whose home is transport/',
    ],
    [
      'a home, by a subpath',
      'src/session/session.ts',
      "import { x } from 'hono/client'",
      'session/session.ts imports hono, whose home is http/',
    ],
    [
      'a home, with a scope',
      'src/transport/acceptor.ts',
      "import { serve } from '@hono/node-server'",
      'transport/acceptor.ts imports @hono/node-server, whose home is http/',
    ],
    [
      'the few files with yjs',
      'src/crdt/check.ts',
      "import * as Y from 'yjs'",
      'crdt/check.ts imports yjs, whose home is crdt/merge.ts, crdt/canonical.ts',
    ],
    [
      'a package without a home',
      'src/entity/entity.ts',
      "import _ from 'lodash'",
      'entity/entity.ts imports lodash, which has no home',
    ],
    [
      'a Node module in a browser',
      'src/crdt/check.ts',
      "import { createHash } from 'node:crypto'",
      'crdt/check.ts imports node:crypto, but crdt runs in browsers',
    ],
    [
      'a Node global in a browser',
      'src/wire/cursor.ts',
      'export const x = Buffer.alloc(1)',
      'wire/cursor.ts uses Buffer, which browsers do not have',
    ],
    [
      'the environment',
      'src/server.ts',
      'export const x = process.env.HOME',
      'server.ts reads the environment: ops/read-options.ts does',
    ],
    [
      'the environment, in brackets',
      'src/server.ts',
      "export const x = process['env']",
      'server.ts reads the environment: ops/read-options.ts does',
    ],
    [
      'the environment, taken apart',
      'src/server.ts',
      'const { env } = process',
      'server.ts reads the environment: ops/read-options.ts does',
    ],
    [
      'the environment, imported',
      'src/server.ts',
      "import { env } from 'node:process'",
      'server.ts reads the environment: ops/read-options.ts does',
    ],
    ['a default export', 'src/core/ids.ts', 'export default 1', 'core/ids.ts has a default export'],
    [
      'a default export, renamed',
      'src/core/ids.ts',
      'const y = 1\nexport { y as default }',
      'core/ids.ts has a default export',
    ],
    ['an inner barrel', 'src/core/index.ts', 'export const x = 1', 'core/index.ts is a barrel'],
    [
      'a re-export',
      'src/entity/entity.ts',
      "export { TributaryError } from '../core/errors.ts'",
      'entity/entity.ts re-exports: import where it is made',
    ],
    [
      'an import nobody can follow',
      'src/core/ids.ts',
      'const x = await import(String(1))',
      'core/ids.ts imports something that is not a plain text',
    ],
    [
      'the client',
      'client/plain/main.ts',
      "import { x } from '../../src/ops/options.ts'",
      'client/plain/main.ts imports src/ops/options.ts: the client shares core, wire, crdt only',
    ],
  ])('%s', (_, path, line, fault) => {
    expect(faultsOf(withLine(path, line))).toContain(fault)
  })

  test('a circle, of types too', () => {
    const circle = new Map([
      ['src/core/a.ts', "import type { B } from './b.ts'"],
      ['src/core/b.ts', "import { c } from './c.ts'"],
      ['src/core/c.ts', "export type A = import('./a.ts').A"],
    ])
    expect(faultsOf(circle)).toEqual([
      'a circle: src/core/a.ts → src/core/b.ts → src/core/c.ts → src/core/a.ts',
    ])
  })

  test('and one that only looks so is not', () => {
    const line = 'export const y = { process: 1, env: 2 }\nexport const z = y.process + y.env'
    expect(faultsOf(withLine('src/core/ids.ts', line))).toEqual(faultsOf(readTree()))
  })
})

describe('[H2] the packages', () => {
  const json = (path: string) => JSON.parse(readFileSync(new URL(path, ROOT), 'utf8'))
  const installed = json('package-lock.json').packages as Record<string, { version: string }>
  const versionsOf = (name: string): string[] => {
    const paths = Object.keys(installed).filter((path) => path.endsWith(`node_modules/${name}`))
    return [...new Set(paths.map((path) => installed[path]?.version ?? ''))]
  }

  // Two copies of yjs do not know each other's types; an older lib0 reads past a view.
  test('hold one lib0, 0.2.x, and one yjs', () => {
    // Clients of yjs 14, which the tests try, bring a lib0 1.0 of their own.
    expect(versionsOf('lib0').filter((version) => !version.startsWith('1.'))).toEqual([
      expect.stringMatching(/^0\.2\.\d+$/),
    ])
    expect(versionsOf('yjs')).toHaveLength(1)
  })

  test('are pinned exactly', () => {
    const { dependencies, devDependencies } = json('package.json')
    for (const version of Object.values({ ...dependencies, ...devDependencies })) {
      expect(version).toMatch(/^(npm:[@\w/-]+@)?\d+\.\d+\.\d+(-[\w.]+)?$/)
    }
  })

  test('that the server depends on are those with a home', () => {
    expect(Object.keys(json('package.json').dependencies).sort()).toEqual(Object.keys(HOMES).sort())
  })
})
