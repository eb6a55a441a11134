import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { until } from './deadline.ts'

/** A real nginx in the foreground, with a folder of its own. */
export interface Nginx {
  /** Ends it at once, with all that goes through it. */
  stop(): Promise<void>
}

const TEMPORARY = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
const running = new Set<ChildProcess>()
process.on('exit', () => {
  for (const child of running) child.kill('SIGTERM')
})

/**
 * @param config As it would be in `/etc/nginx/nginx.conf`; where it keeps what does not fit into its
 *   memory is added.
 * @param port Of 127.0.0.1, on which it then answers.
 */
export async function startNginx(config: string, port: number): Promise<Nginx> {
  const folder = mkdtempSync(join(tmpdir(), 'tributary-nginx-'))
  // Its workers are somebody else when it is started by root.
  chmodSync(folder, 0o755)
  const places = TEMPORARY.map((name) => `${name}_temp_path ${folder}/${name};`).join(' ')
  const file = join(folder, 'nginx.conf')
  writeFileSync(file, config.replace(/\bhttp \{/, `http { ${places}`))
  const output: string[] = []
  const child = spawn(
    'nginx',
    ['-e', 'stderr', '-p', folder, '-c', file, '-g', `daemon off; pid ${folder}/nginx.pid;`],
    {
      stdio: ['ignore', 'ignore', 'pipe'],
      // Only root has that folder in its path.
      env: { ...process.env, PATH: `${process.env.PATH}:/usr/sbin` },
    },
  )
  running.add(child)
  child.stderr.setEncoding('utf8').on('data', (text: string) => output.push(text))
  child.on('error', (error) => output.push(`${error}: node scripts/test-needs.mjs`))
  const stop = async () => {
    running.delete(child)
    if (child.exitCode === null && child.signalCode === null && child.pid !== undefined) {
      const exit = once(child, 'exit')
      child.kill('SIGTERM')
      await exit
    }
    rmSync(folder, { recursive: true, force: true })
  }
  try {
    await until('nginx answers', 10_000, () => answers(port))
  } catch (error) {
    await stop()
    throw new Error(`nginx does not answer:\n${output.join('')}`, { cause: error })
  }
  return { stop }
}

/** With whatever status. */
const answers = (port: number): Promise<boolean> =>
  fetch(`http://127.0.0.1:${port}/healthz`).then(
    () => true,
    () => false,
  )
