import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { extname } from 'node:path'

/** One file as it is answered. */
export interface Page {
  readonly body: Uint8Array<ArrayBuffer>
  readonly etag: string
  readonly headers: Readonly<Record<string, string>>
}

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json',
  '.map': 'application/json',
  '.webmanifest': 'application/manifest+json',
  '.txt': 'text/plain; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.webp': 'image/webp',
  '.woff2': 'font/woff2',
  '.wasm': 'application/wasm',
}

/** Our pages load nothing from elsewhere, run nothing inline, and are nobody's frame. */
const POLICY = "default-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

/**
 * Every file below `folder`, by its path in a URL: `/`, `/assets/index-D3kf91.js`.
 *
 * They are read once. What is not among them does not exist, so no path of a request, however it is
 * written, ever reaches the file system. A folder that is not there has no pages.
 */
export function readPages(folder: URL): ReadonlyMap<string, Page> {
  const pages = new Map<string, Page>()
  const visit = (from: URL, path: string): void => {
    for (const entry of readdirSync(from, { withFileTypes: true })) {
      const name = encodeURIComponent(entry.name)
      if (entry.isDirectory()) visit(new URL(`${name}/`, from), `${path}${entry.name}/`)
      else if (entry.isFile()) {
        const at = entry.name === 'index.html' ? path : `${path}${entry.name}`
        pages.set(at, pageOf(at, entry.name, readFileSync(new URL(name, from))))
      }
    }
  }
  try {
    visit(folder, '/')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
  }
  return pages
}

function pageOf(path: string, name: string, content: Buffer): Page {
  const type = TYPES[extname(name)] ?? 'application/octet-stream'
  // Vite puts a hash of the content into the names below assets/: such a file never changes.
  const caching = /\/assets\/[^/]+$/.test(path) ? 'public, max-age=31536000, immutable' : 'no-cache'
  const etag = `"${createHash('sha256').update(content).digest('base64url').slice(0, 22)}"`
  return {
    body: new Uint8Array(content),
    etag,
    headers: {
      'content-type': type,
      'cache-control': caching,
      etag,
      'content-security-policy': POLICY,
      'referrer-policy': 'no-referrer',
    },
  }
}
