import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vite'

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url))

/** Builds the page that the server hands out at `/`. */
export default defineConfig({
  root: here('plain'),
  // Relative, so that the page also works below a path prefix of a proxy.
  base: './',
  publicDir: false,
  build: {
    // The server's own files lie next door in `dist`: only this folder is emptied.
    outDir: here('../dist/pages'),
    emptyOutDir: true,
    target: 'es2022',
    // Nothing inline: the page is served with `default-src 'self'`, which `data:` is not.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
  },
})
