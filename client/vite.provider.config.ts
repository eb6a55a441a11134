import { defineConfig } from 'vite'

/**
 * Builds the provider, `tributary-sync/client`: for browsers, and with `--mode node` for Node.
 * `scripts/build.mjs` says where it goes. Declarations come from tsc.
 */
export default defineConfig(({ mode }) => ({
  publicDir: false,
  build: {
    target: 'es2022',
    lib: { entry: mode === 'node' ? 'node/index.ts' : 'index.ts', formats: ['es'] },
    rolldownOptions: {
      // Whoever has an app has these: a second yjs beside theirs would not know its types.
      external: /^(?:node:|(?:yjs|y-protocols|lib0|ws)(?:\/|$))/,
      output: { entryFileNames: mode === 'node' ? 'node.js' : 'browser.js' },
    },
    // The app that it goes into does that, and whoever steps through it can read it.
    minify: false,
    sourcemap: true,
    reportCompressedSize: false,
    emptyOutDir: false,
  },
}))
