// A Vitest that stays, in a copy of the tree (see `defects.ts`): starting one anew costs more than most of the tests do.
// Started in the copy with an IPC channel; a message `{ tests: [{ file, title }], env, timeouts, changed }`
// runs these files, `title` being a part of the titles meant or `null` for all, with `env` for the tests.
// `changed`: which files were written since the last run. Answers `{ tests, errors }`: every test that
// was there with its state, and what went wrong outside of tests.

import { join } from 'node:path'
import { createVitest } from 'vitest/node'

const ROOT = process.cwd()

/** @typedef {{ file: string, title: string | null }} Meant */

const vitest = await createVitest('test', {
  config: 'vitest.copy.config.js',
  watch: false,
  reporters: [{}],
})
await vitest.standalone()
const project = vitest.getRootProject()

/**
 * @param {{
 *   tests: Meant[]
 *   env: Record<string, string>
 *   timeouts: { testTimeout: number, hookTimeout: number }
 *   changed: string[]
 * }} order
 */
async function run({ tests, env, timeouts, changed }) {
  for (const path of changed) vitest.invalidateFile(join(ROOT, path))
  Object.assign(project.config, { env, ...timeouts })
  const specifications = tests.map(({ file, title }) =>
    project.createSpecification(
      join(ROOT, file),
      title === null ? undefined : { testNamePattern: new RegExp(title) },
    ),
  )
  const { testModules, unhandledErrors } = await vitest.runTestSpecifications(specifications)
  const asked = new Set(specifications.map(({ moduleId }) => moduleId))
  const modules = testModules.filter(({ moduleId }) => asked.has(moduleId))
  return {
    tests: modules.flatMap((module) =>
      [...module.children.allTests()].map((test) => ({
        file: module.relativeModuleId,
        // As Vitest's own patterns see it.
        name: test.fullName.replaceAll(' > ', ' '),
        state: test.result().state,
        errors: (test.result().errors ?? []).map(told),
      })),
    ),
    errors: [...modules.flatMap((module) => module.errors()), ...unhandledErrors].map(told),
  }
}

/** @param {unknown} error */
function told(error) {
  const { name, message, stack } = /** @type {Error} */ (error)
  // The stack of what took too long does not say so.
  return `${name}: ${message}\n${stack}`
}

process.on('message', (order) => {
  run(/** @type {any} */ (order)).then(
    (results) => process.send?.(results),
    (error) => process.send?.({ tests: [], errors: [told(error)] }),
  )
})
process.on('disconnect', () => process.exit())
process.send?.('ready')
