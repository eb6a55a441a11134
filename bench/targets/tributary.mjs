// Tributary with its default options, on a data folder of its own: the first argument; the second is
// the `dist/main.js` to run. It logs its address itself, as one line of JSON.

import { pathToFileURL } from 'node:url'

const [node = '', , data = '', main = ''] = process.argv
process.argv = [node, main, '--port', '0', '--data', data]
await import(pathToFileURL(main).href)
