import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { faultsOf, type Tree } from './faults.ts'
import { CLIENT_HOMES, HOMES, HOUSES } from './rules.ts'

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
    const paths = [...readTree().keys()]
    for (const { root, ranks } of HOUSES) {
      const inside = paths.filter((path) => path.startsWith(root))
      const folders = new Set(inside.map((path) => path.slice(root.length).split('/')[0]))
      expect([...folders].sort()).toEqual(Object.keys(ranks).sort())
    }
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
      "import { x } from '../../client/text/main.ts'",
      'src/core/ids.ts imports client/text/main.ts, which is outside of src',
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
      'client/text/main.ts',
      "import { x } from '../../src/ops/options.ts'",
      'client/text/main.ts imports src/ops/options.ts: the client shares core, wire, crdt only',
    ],
    [
      'a page in another',
      'client/text/main.ts',
      "import { x } from '../whiteboard/board-link.ts'",
      'client/text/main.ts (rank 2) imports client/whiteboard/board-link.ts (rank 2)',
    ],
    [
      'a page in what both share',
      'client/link/door.ts',
      "import { x } from '../text/pill.ts'",
      'client/link/door.ts (rank 1) imports client/text/pill.ts (rank 2)',
    ],
    [
      'a package without a home in the client',
      'client/text/main.ts',
      "import _ from 'lodash'",
      'text/main.ts imports lodash, which has no home',
    ],
    [
      'a Node module in the client',
      'client/text/main.ts',
      "import { join } from 'node:path'",
      'client/text/main.ts imports node:path, but client runs in browsers',
    ],
    [
      'a default export in the client',
      'client/text/pill.ts',
      'export default 1',
      'client/text/pill.ts has a default export',
    ],
  ])('%s', (_, path, line, fault) => {
    expect(faultsOf(withLine(path, line))).toContain(fault)
  })

  test('the package of a store that is loaded before anybody asked for the store', () => {
    const line = "import { Command } from 'ioredis'"
    const found = faultsOf(withLine('src/redis/words.ts', line))
    expect(found).toEqual([
      expect.stringMatching(
        /^ioredis is loaded at the start: src\/main\.ts → .*src\/redis\/words\.ts$/,
      ),
    ])
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

describe('[B93] a line that breaks a rule of the whiteboard is found', () => {
  const board = 'client/whiteboard'

  test.each([
    [
      'a rank',
      `${board}/model/board.ts`,
      "import type { X } from '../scene/painting.ts'",
      `${board}/model/board.ts (rank 2) imports ${board}/scene/painting.ts (rank 3)`,
    ],
    [
      'a rank, by a neighbour',
      `${board}/tools/tool.ts`,
      "import type { X } from '../people/peer.ts'",
      `${board}/tools/tool.ts (rank 5) imports ${board}/people/peer.ts (rank 5)`,
    ],
    [
      'a rank, by the file of a worker',
      `${board}/editor/editor.ts`,
      "new Worker(new URL('../showoff/bots.ts', import.meta.url))",
      `${board}/editor/editor.ts (rank 4) imports ${board}/showoff/bots.ts (rank 6)`,
    ],
    [
      'a folder without a rank',
      `${board}/utils/all.ts`,
      'export const x = 1',
      `${board}/utils/all.ts lies in utils, which has no rank`,
    ],
    [
      'the document outside of the model',
      `${board}/tools/tool.ts`,
      "import type * as Y from 'yjs'",
      'whiteboard/tools/tool.ts imports yjs, whose home is field/, provider/, text/main.ts, whiteboard/model/, whiteboard/showoff/',
    ],
    [
      'a home',
      `${board}/people/peer.ts`,
      "import RBush from 'rbush'",
      'whiteboard/people/peer.ts imports rbush, whose home is whiteboard/scene/',
    ],
    [
      'the DOM in the model',
      `${board}/model/board.ts`,
      'export const x = document.title',
      `${board}/model/board.ts uses document, which only pages have`,
    ],
    [
      'the DOM, as a type',
      `${board}/scene/painting.ts`,
      'export type X = (canvas: CanvasRenderingContext2D) => void',
      `${board}/scene/painting.ts uses CanvasRenderingContext2D, which only pages have`,
    ],
    [
      'the DOM, as an event',
      `${board}/tools/tool.ts`,
      'export type X = { readonly event: PointerEvent }',
      `${board}/tools/tool.ts uses PointerEvent, which only pages have`,
    ],
    [
      'a re-export',
      `${board}/scene/painting.ts`,
      "export { x } from '../model/shape.ts'",
      `${board}/scene/painting.ts re-exports: import where it is made`,
    ],
    [
      'a barrel',
      `${board}/scene/index.ts`,
      'export const x = 1',
      `${board}/scene/index.ts is a barrel`,
    ],
  ])('%s', (_, path, line, fault) => {
    expect(faultsOf(withLine(path, line))).toContain(fault)
  })

  test('and one that only looks so is not', () => {
    const line = 'export const y = { document: 1, inWindow: 2 }\nexport const z = y.document'
    expect(faultsOf(withLine(`${board}/model/board.ts`, line))).toEqual(faultsOf(readTree()))
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

  const { dependencies, devDependencies, peerDependencies, peerDependenciesMeta } =
    json('package.json')

  test('are pinned exactly', () => {
    for (const version of Object.values({ ...dependencies, ...devDependencies })) {
      expect(version).toMatch(/^(npm:[@\w/-]+@)?\d+\.\d+\.\d+(-[\w.]+)?$/)
    }
  })

  test('that whoever installs it brings along begin where they are tried', () => {
    for (const [name, range] of Object.entries<string>(peerDependencies)) {
      const starts = range.split(' || ').map((part) => part.replace(/^\^/, ''))
      const tried = ['', '-13'].flatMap((alias) => versionsOf(`${name}${alias}`))
      // yjs 14, which the tests try beside ours, brings a lib0 1.0.
      const ours = tried.filter((version) => name !== 'lib0' || !version.startsWith('1.'))
      expect(starts).toEqual(ours)
    }
  })

  test('of a store are not installed for whoever wants the client alone', () => {
    const optional = Object.entries<{ optional: boolean }>(peerDependenciesMeta)
    expect(optional.filter(([, meta]) => meta.optional).map(([name]) => name)).toEqual([
      'better-sqlite3',
      'ioredis',
    ])
    expect(Object.keys(dependencies)).not.toContain('better-sqlite3')
    expect(Object.keys(dependencies)).not.toContain('ioredis')
  })

  test('that the server depends on are those with a home', () => {
    const needed = Object.keys({ ...dependencies, ...peerDependencies })
    // Only the client and its peers need y-protocols; the other better-sqlite3 is the same by an alias.
    const own = [...needed.filter((name) => name !== 'y-protocols'), 'better-sqlite3-13']
    expect(own.sort()).toEqual(Object.keys(HOMES).sort())
  })

  test('that have a home in the client are there', () => {
    const there = Object.keys({ ...dependencies, ...devDependencies, ...peerDependencies })
    expect(Object.keys(CLIENT_HOMES).filter((name) => !there.includes(name))).toEqual([])
  })
})
