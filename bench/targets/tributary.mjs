// Tributary on a data folder of its own: the first argument; the second is the `dist/main.js` to run,
// and what follows are options, where a scenario needs others than the defaults. It logs its address
// itself, as one line of JSON.

import { pathToFileURL } from 'node:url'

const [node = '', , data = '', main = '', ...flags] = process.argv
process.argv = [node, main, '--port', '0', '--data', data, ...flags]
await import(pathToFileURL(main).href)
