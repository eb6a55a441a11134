import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { run } from './install.mjs'

/**
 * Two states of Tributary as two targets, each built in a temporary tree that goes with us. The trees
 * are unpacked from the commits, not checked out as git worktrees: a bench that is killed must not
 * leave anything behind in `.git`.
 *
 * @param {string} root
 * @param {string[]} commits
 * @param {import('../targets/targets.mjs').Target} own
 */
export async function prepareCommits(root, commits, own) {
  const place = mkdtempSync(join(tmpdir(), 'tributary-bench-'))
  process.on('exit', () => rmSync(place, { recursive: true, force: true }))
  const trees = [root]
  return commits.map((commit, index) => {
    const id = execFileSync('git', ['rev-parse', '--short', `${commit}^{commit}`], {
      cwd: root,
      encoding: 'utf8',
    }).trim()
    const tree = join(place, `${index}-${id}`)
    mkdirSync(tree)
    unpack(root, id, tree)
    process.stderr.write(`building ${commit} (${id})\n`)
    dependencies(trees, tree)
    trees.push(tree)
    run(process.execPath, ['scripts/build.mjs', '--no-check'], tree)
    return {
      ...own,
      name: `tributary@${id}${index > 0 ? "'" : ''}`,
      main: join(tree, 'dist/main.js'),
    }
  })
}

/** @param {string} root @param {string} id @param {string} tree */
function unpack(root, id, tree) {
  const tar = execFileSync('git', ['archive', id], { cwd: root, maxBuffer: 2 ** 30 })
  const { status } = spawnSync('tar', ['-x', '-C', tree], { input: tar })
  if (status !== 0) throw new Error(`the tree of ${id} could not be unpacked`)
}

/**
 * Those of a tree that wants the same ones; else its own.
 *
 * @param {string[]} others
 * @param {string} tree
 */
function dependencies(others, tree) {
  const lock = (/** @type {string} */ folder) =>
    readFileSync(join(folder, 'package-lock.json'), 'utf8')
  const same = others.find(
    (other) => existsSync(join(other, 'node_modules')) && lock(other) === lock(tree),
  )
  if (same === undefined) run('npm', ['ci', '--no-audit', '--no-fund'], tree)
  else symlinkSync(join(same, 'node_modules'), join(tree, 'node_modules'))
}
