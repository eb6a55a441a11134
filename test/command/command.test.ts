import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { connect, createServer, type Server, type Socket } from 'node:net'
import { getPriority, tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'

const MAIN = fileURLToPath(new URL('../../dist/main.js', import.meta.url))

interface Run {
  readonly child: ChildProcess
  readonly ended: Promise<{ code: number | null; signal: string | null; ms: number }>
  readonly stdout: () => string
  readonly stderr: () => string
  /** Resolves with the fields of the first line of that event. */
  line(event: string): Promise<Record<string, unknown>>
}

let folder: string
const running = new Set<ChildProcess>()
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tributary-command-'))
})
afterEach(() => {
  for (const child of running) child.kill('SIGKILL')
  rmSync(folder, { recursive: true, force: true })
})

function run(argv: readonly string[], env: Record<string, string> = {}): Run {
  const started = performance.now()
  const child = spawn(process.execPath, [MAIN, ...argv], {
    cwd: folder,
    env: { PATH: process.env.PATH, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  running.add(child)
  let stdout = ''
  let stderr = ''
  const waiting = new Map<string, (fields: Record<string, unknown>) => void>()
  const look = () => {
    for (const line of stdout.split('\n').slice(0, -1)) {
      const fields = JSON.parse(line) as Record<string, unknown>
      waiting.get(String(fields.event))?.(fields)
    }
  }
  child.stdout.on('data', (chunk) => {
    stdout += chunk
    if (waiting.size > 0) look()
  })
  child.stderr.on('data', (chunk) => {
    stderr += chunk
  })
  const ended = once(child, 'close').then(([code, signal]) => {
    running.delete(child)
    return { code, signal, ms: performance.now() - started }
  })
  return {
    child,
    ended,
    stdout: () => stdout,
    stderr: () => stderr,
    line: (event) =>
      Promise.race([
        new Promise<Record<string, unknown>>((resolve) => {
          waiting.set(event, resolve)
          look()
        }),
        ended.then(({ code }) => {
          throw new Error(`ended with ${code} before "${event}"\n${stdout}\n${stderr}`)
        }),
      ]),
  }
}

async function endOf(argv: readonly string[], env?: Record<string, string>) {
  const { ended, stdout, stderr } = run(argv, env)
  const { code } = await ended
  return { code, stdout: stdout(), stderr: stderr() }
}

describe('[H7] questions', () => {
  test.each([['--help'], ['--version'], ['--print-config']])(
    '%s is answered on stdout',
    async (flag) => {
      const { code, stdout, stderr } = await endOf([flag])
      expect([code, stderr]).toEqual([0, ''])
      expect(stdout).toMatch(/\n$/)
      expect(readdirSync(folder)).toEqual([])
    },
  )
})

describe('[H4] a bad option', () => {
  test('is named in one line, opens nothing, and ends with 2', async () => {
    expect(await endOf(['--prot', '1'])).toEqual({
      code: 2,
      stdout: '',
      stderr: 'tributary: --prot is not an option: is --port meant?\n',
    })
    expect(readdirSync(folder)).toEqual([])
  })

  test('of the environment or a config file, as well', async () => {
    expect(await endOf([], { TRIBUTARY_PORT: 'x' })).toMatchObject({ code: 2, stdout: '' })
    writeFileSync(join(folder, 'c.json'), '{"prot": 1}')
    const { code, stderr } = await endOf(['--config', 'c.json'])
    expect([code, stderr]).toEqual([
      2,
      'tributary: "prot" in c.json is not an option: is port meant?\n',
    ])
  })
})

describe('[G13] a token', () => {
  const TRIBUTARY_AUTH_SECRET = 'a secret of the tests, longer than 32 bytes'

  test('is all that is printed', async () => {
    const argv = ['token', '--sub', 'ann', '--grant', 'notes/*:write', '--expires', '1h']
    const { code, stdout, stderr } = await endOf(argv, { TRIBUTARY_AUTH_SECRET })
    expect([code, stderr]).toEqual([0, ''])
    expect(stdout).toMatch(/^[\w-]+\.[\w-]+\.[\w-]+\n$/)
  })

  test('that cannot be made is told in one line, and ends with 2', async () => {
    expect(await endOf(['token', '--sub', 'ann', '--grant', 'notes/*:write'])).toEqual({
      code: 2,
      stdout: '',
      stderr: expect.stringMatching(/^tributary: a token needs TRIBUTARY_AUTH_SECRET, or .*\n$/),
    })
    const grants = Array.from({ length: 100 }, () => ['--grant', `${'x'.repeat(200)}:read`])
    const argv = ['token', '--sub', 'ann', ...grants.flat()]
    expect(await endOf(argv, { TRIBUTARY_AUTH_SECRET })).toMatchObject({
      code: 2,
      stdout: '',
      stderr: expect.stringMatching(/^tributary: the token would have \d+ bytes/),
    })
  })
})

describe('[H18] a start that cannot be', () => {
  let taken: Server
  beforeEach(async () => {
    taken = createServer().listen(0, '127.0.0.1')
    await once(taken, 'listening')
  })
  afterEach(() => {
    taken.close()
  })

  test('is told in one line, and ends with 1', async () => {
    const { port } = taken.address() as { port: number }
    expect(await endOf(['--port', String(port), '--store', 'memory'])).toEqual({
      code: 1,
      stdout: '',
      stderr: `tributary: port ${port} of 127.0.0.1 is in use by another process: stop it, or take another with --port\n`,
    })
  })

  test('leaves the data folder as usable as before', async () => {
    const { port } = taken.address() as { port: number }
    const data = join(folder, 'data')
    expect((await endOf(['--port', String(port), '--data', data])).code).toBe(1)
    const second = run(['--port', '0', '--data', data])
    await second.line('listening')
    second.child.kill('SIGTERM')
    expect(await second.ended).toMatchObject({ code: 0 })
  })
})

test('[H18] a data folder serves one process at a time', async () => {
  const data = join(folder, 'data')
  const first = run(['--port', '0', '--data', data])
  const { url } = await first.line('listening')
  expect(await endOf(['--port', '0', '--data', data])).toEqual({
    code: 1,
    stdout: '',
    stderr: expect.stringMatching(/^tributary: .* is in use by another process: .*\n$/),
  })
  expect((await fetch(`${url}/readyz`)).status).toBe(200)
  first.child.kill('SIGKILL')
  await first.ended
  const next = run(['--port', '0', '--data', data])
  await next.line('listening')
})

describe('[H20] from start to end', () => {
  test.each(['SIGTERM', 'SIGINT'] as const)(
    'it names what it is, and %s ends it in order',
    async (signal) => {
      const data = join(folder, 'data')
      const { child, line, ended, stderr } = run(['--port', '0', '--data', data])
      const start = await line('listening')
      expect(start).toMatchObject({
        url: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/),
        pid: child.pid,
        data,
        tier: 'disk',
      })
      expect((await fetch(`${start.url}/healthz`)).status).toBe(200)
      const asked = performance.now()
      child.kill(signal)
      expect(await line('stopped')).toBeDefined()
      expect(await ended).toMatchObject({ code: 0, signal: null })
      expect(performance.now() - asked).toBeLessThan(10_000)
      expect(stderr()).toBe('')
    },
  )

  test('it names the Redis that it is a node of, and not who it is there', async () => {
    // Nobody is at that port: it starts all the same.
    const redis = 'redis://an-app:a-secret@127.0.0.1:1/3'
    const { child, line, ended, stdout } = run(['--port', '0', '--redis', redis])
    const start = await line('listening')
    expect(start).toMatchObject({ redis: '127.0.0.1:1/3', tier: 'memory' })
    expect(start).not.toHaveProperty('data')
    child.kill('SIGTERM')
    expect(await ended).toMatchObject({ code: 0 })
    expect(stdout()).not.toMatch(/an-app|a-secret/)
    expect(readdirSync(folder)).toEqual([])
  })

  test('a signal during the start is heard as well', async () => {
    const { child, ended, line } = run([
      '--port',
      '0',
      '--data',
      join(folder, 'data'),
      '--log-level',
      'debug',
    ])
    await line('starting')
    child.kill('SIGTERM')
    expect(await ended).toMatchObject({ code: 0 })
  })

  /** Half a request is an answer under way: a graceful shutdown waits a second for it. */
  async function holdUp(url: unknown): Promise<Socket> {
    const half = connect(Number(new URL(String(url)).port), '127.0.0.1')
    half.on('error', () => {})
    await once(half, 'connect')
    half.write('GET / HTTP/1.1\r\n')
    return half
  }

  test('one wish that arrives twice, as from npm, is still a graceful shutdown', async () => {
    const { child, line, ended } = run(['--port', '0', '--store', 'memory'])
    const half = await holdUp((await line('listening')).url)
    child.kill('SIGINT')
    await line('stopping')
    child.kill('SIGINT')
    expect(await ended).toMatchObject({ code: 0 })
    half.destroy()
  })

  test('a second wish ends it at once', async () => {
    const { child, line, ended, stdout } = run(['--port', '0', '--store', 'memory'])
    const half = await holdUp((await line('listening')).url)
    const insist = setInterval(() => child.kill('SIGTERM'), 20)
    expect(await ended).toMatchObject({ code: 1 })
    clearInterval(insist)
    half.destroy()
    expect(stdout()).not.toContain('"stopped"')
    // [C29]
    expect(stdout().match(/"event":"ended at once, by a second signal"/g)).toHaveLength(1)
  })

  test('what is said once at the start', async () => {
    const { child, line, ended } = run(
      ['--port', '0', '--store', 'memory', '--auth', 'none', '--host', '0.0.0.0'],
      {
        TRIBUTARY_PROT: '1',
      },
    )
    expect(await line('variable ignored')).toMatchObject({
      level: 'warn',
      why: 'TRIBUTARY_PROT is not an option: is port meant?',
    })
    expect(
      await line('everything is kept in memory and gone when this process ends'),
    ).toMatchObject({ level: 'warn' })
    expect(
      await line('everyone who reaches this address can read and change everything'),
    ).toMatchObject({ level: 'warn' })
    expect(readdirSync(folder)).toEqual([])
    child.kill('SIGTERM')
    await ended
  })

  test('[H9] a reader of the log that goes away is no reason to stop', async () => {
    const { child, line, ended } = run(['--port', '0', '--store', 'memory', '--log-level', 'debug'])
    const { url } = await line('listening')
    child.stdout?.destroy()
    expect((await fetch(`${url}/nowhere`)).status).toBe(404)
    child.kill('SIGTERM')
    expect(await ended).toMatchObject({ code: 0 })
  })
})

describe.runIf(process.platform === 'linux')('[H36] the threads of a server', () => {
  /** Field 19 of `stat`, whose second, in brackets, may hold anything. */
  const nice = (stat: string) => Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[16])

  test('those that Node has for itself make room for the event loop and the store', async () => {
    const server = run(['--port', '0', '--data', folder])
    await server.line('listening')
    const pid = String(server.child.pid)
    const of = (id: string) => nice(readFileSync(`/proc/${pid}/task/${id}/stat`, 'latin1'))
    const priorities = readdirSync(`/proc/${pid}/task`).map(of)
    const own = getPriority()
    expect(of(pid)).toBe(own)
    // V8 has four; the store has its writer and its reader.
    const helpers = priorities.filter((one) => one === own + 5)
    expect(helpers.length).toBeGreaterThanOrEqual(4)
    expect(priorities.length - helpers.length).toBeGreaterThanOrEqual(3)
  })
})

describe('[H21] what nobody catches', () => {
  test.each([
    ['an exception', "throw new Error('out of the blue')"],
    ['a rejection', "Promise.reject(new Error('out of the blue'))"],
    ['something that is no error', "throw 'out of the blue'"],
  ])('%s is logged and ends the process', async (_, fault) => {
    const injected = `process.on('SIGUSR2', () => { ${fault} })`
    const { child, line, ended } = run(['--port', '0', '--store', 'memory'], {
      NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(injected)}`,
    })
    await line('listening')
    child.kill('SIGUSR2')
    expect(await line('crashed')).toMatchObject({
      level: 'error',
      error: { message: 'out of the blue' },
    })
    expect(await ended).toMatchObject({ code: 1 })
  })
})
