import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A certificate for 127.0.0.1 and who vouches for it, made by openssl in a folder of its own. */
export interface Certificates {
  /** PEM files. */
  readonly ca: string
  readonly certificate: string
  readonly key: string
  remove(): void
}

/** @throws {Error} without openssl: `npm test` installs it or says how. */
export function makeCertificates(): Certificates {
  const folder = mkdtempSync(join(tmpdir(), 'tributary-tls-'))
  const at = (name: string) => join(folder, name)
  const openssl = (...args: string[]) =>
    execFileSync('openssl', args, { cwd: folder, stdio: ['ignore', 'ignore', 'pipe'] })
  const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']
  openssl(
    'req',
    '-x509',
    ...curve,
    '-days',
    '30',
    '-subj',
    '/CN=tests',
    '-keyout',
    'ca.key',
    '-out',
    'ca.pem',
  )
  openssl('req', ...curve, '-subj', '/CN=127.0.0.1', '-keyout', 'key.pem', '-out', 'request.pem')
  writeFileSync(at('more'), 'subjectAltName=IP:127.0.0.1\n')
  const signed = ['-CA', 'ca.pem', '-CAkey', 'ca.key', '-CAcreateserial', '-days', '30']
  openssl('x509', '-req', '-in', 'request.pem', ...signed, '-extfile', 'more', '-out', 'cert.pem')
  return {
    ca: at('ca.pem'),
    certificate: at('cert.pem'),
    key: at('key.pem'),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  }
}
