import { spawnSync } from 'node:child_process'
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'

const SCRIPT = fileURLToPath(new URL('../../scripts/test-needs.mjs', import.meta.url))
const NOBODY = 65_534
const isRoot = process.getuid?.() === 0
const isDebian = existsSync('/etc/debian_version')

let folder: string
let bin: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tributary-needs-'))
  bin = join(folder, 'bin')
  mkdirSync(bin)
  copyFileSync(SCRIPT, join(folder, 'test-needs.mjs'))
  for (const path of [folder, bin]) chmodSync(path, 0o755)
})
afterEach(() => rmSync(folder, { recursive: true }))

/** A command that notes how it was called and then runs `body`. */
function command(name: string, body = ''): void {
  const path = join(bin, name)
  writeFileSync(path, `#!/bin/sh\necho "${name} $*" >> "${folder}/calls"\n${body}\n`)
  chmodSync(path, 0o755)
}
const calls = (): string[] => {
  const path = join(folder, 'calls')
  return existsSync(path) ? readFileSync(path, 'utf8').trim().split('\n') : []
}

function run(uid?: number) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(folder, 'test-needs.mjs')], {
    env: { PATH: bin },
    encoding: 'utf8',
    ...(uid !== undefined && { uid }),
  })
  return { status, stdout, stderr, calls: calls() }
}

const asNobody = isRoot ? NOBODY : undefined
const install = 'apt-get install -y --no-install-recommends'
/** Each has the name of its package. */
const ALL = ['chromium', 'strace', 'redis-server', 'nginx']

describe('[H23] what the tests need beyond npm', () => {
  test('is there: nothing is said or done', () => {
    for (const name of [...ALL, 'apt-get', 'sudo']) command(name)
    expect(run()).toEqual({ status: 0, stdout: '', stderr: '', calls: [] })
  })

  test('is there under another name', () => {
    for (const name of ['google-chrome', ...ALL.slice(1), 'apt-get']) command(name)
    expect(run()).toMatchObject({ status: 0, calls: [] })
  })

  test('is not there, and this is no root: one line names the command, nothing is called', () => {
    for (const name of ['apt-get', 'sudo']) command(name)
    expect(run(asNobody)).toEqual({
      status: 1,
      stdout: '',
      stderr: `The tests need ${ALL.slice(0, -1).join(', ')} and ${ALL.at(-1)}; on Debian or Ubuntu type: sudo ${install} ${ALL.join(' ')}\n`,
      calls: [],
    })
  })

  test.runIf(isRoot && isDebian)('is installed by root on Debian, which is said', () => {
    for (const name of ALL.filter((one) => one !== 'strace')) command(name)
    command('apt-get', `if [ "$1" = install ]; then /bin/cp "${bin}/chromium" "${bin}/strace"; fi`)
    expect(run()).toEqual({
      status: 0,
      stdout: '',
      stderr: `The tests need strace: installing with ${install} strace\n`,
      calls: ['apt-get update -qq', 'apt-get install -y -qq --no-install-recommends strace'],
    })
  })

  test.runIf(isRoot && isDebian)('cannot be installed: that is said as well', () => {
    for (const name of ALL.slice(1)) command(name)
    command('apt-get', 'exit 100')
    expect(run()).toMatchObject({
      status: 1,
      stderr: expect.stringMatching(/could not be installed: apt-get install .* chromium\n$/),
    })
  })
})
