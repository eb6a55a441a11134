// Makes the tables of README.md anew from the tables in the source.

import { readFileSync, writeFileSync } from 'node:fs'
import { build } from './build.mjs'

build({ ifStale: true, check: false })
/** @type {{ withTables: (text: string) => string }} */
const { withTables } = await import(
  String(new URL('../dist/ops/readme-tables.js', import.meta.url))
)

const README = new URL('../README.md', import.meta.url)
const before = readFileSync(README, 'utf8')
const after = withTables(before)
if (after !== before) writeFileSync(README, after)
console.log(after === before ? 'README.md is up to date' : 'README.md is written')
