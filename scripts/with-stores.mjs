// Makes the packages of both stores, which are optional for whoever installs the package, plain
// dependencies of the tree in the working directory, in the versions that it has been tried with:
// `npm prune --omit=dev` leaves them in place then. The Dockerfile calls it; in a checkout it would
// only get in the way.

import { readFileSync, writeFileSync } from 'node:fs'

const FILE = 'package.json'
const about = JSON.parse(readFileSync(FILE, 'utf8'))
for (const name of Object.keys(about.peerDependenciesMeta)) {
  about.dependencies[name] = about.devDependencies[name]
  delete about.devDependencies[name]
}
writeFileSync(FILE, `${JSON.stringify(about, null, 2)}\n`)
