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
      output: {
        entryFileNames: mode === 'node' ? 'node.js' : 'browser.js',
        // Simplified once here, where a constant is still one: the app's own pass makes less of it.
        // Names, lines and statements stay, for whoever steps through it.
        topLevelVar: false,
        minify: {
          compress: { sequences: false, joinVars: false },
          mangle: false,
          codegen: { removeWhitespace: false },
        },
      },
    },
    // The app that it goes into does that.
    minify: false,
    sourcemap: true,
    reportCompressedSize: false,
    emptyOutDir: false,
  },
}))
