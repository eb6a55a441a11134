import { defineConfig, type Plugin } from 'vite'

/**
 * Builds one page, the folder that the command line names: `vite build client/text --config …`.
 * `scripts/build.mjs` says which page goes where.
 */
export default defineConfig(({ command }) => ({
  // Relative, so that the page also works below a path prefix of a proxy.
  base: './',
  publicDir: false,
  plugins: command === 'build' ? [pageOfEveryBoard(), serviceWorker()] : [],
  build: {
    target: 'es2022',
    // Nothing inline: the page is served with `default-src 'self'`, which `data:` is not.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    // `scripts/build.mjs` makes a fresh folder, and one page lies inside the folder of the other.
    emptyOutDir: false,
  },
  // A worker is a file of its own too, for the same reason, and imports like any module.
  worker: { format: 'es' },
}))

/**
 * Writes the page of the whiteboard a second time, for `/b/<id>`: that is one folder further down,
 * so what the page names as `./` is `../` there. Scripts and styles find their neighbours from
 * where they lie themselves, and exist once.
 */
function pageOfEveryBoard(): Plugin {
  return {
    name: 'page-of-every-board',
    enforce: 'post',
    generateBundle(_, bundle) {
      const page = bundle['index.html']
      if (!isWhiteboard(this.environment.config.root) || page?.type !== 'asset') return
      this.emitFile({ type: 'asset', fileName: 'b/index.html', source: below(String(page.source)) })
    },
  }
}

/**
 * Builds `service-worker.js` beside the front page, under that very name: where it lies says which
 * pages it may serve, and a browser that has it asks for it again by its name.
 */
function serviceWorker(): Plugin {
  return {
    name: 'service-worker',
    buildStart() {
      const { root } = this.environment.config
      if (!isWhiteboard(root)) return
      const id = `${root}/../offline/service-worker.ts`
      this.emitFile({ type: 'chunk', id, fileName: 'service-worker.js' })
    },
  }
}

const isWhiteboard = (root: string) => /[\\/]whiteboard$/.test(root)

/** @throws When a link begins with neither `./` nor `#`: nobody could say where it leads from there. */
function below(page: string): string {
  return page.replaceAll(/(\s(?:src|href)=)(["']?)([^"'\s>]*)/g, (all, name, quote, link) => {
    if (link.startsWith('#')) return all
    if (!link.startsWith('./')) throw new Error(`the link "${link}" of the page is not relative`)
    return `${name}${quote}.${link}`
  })
}
