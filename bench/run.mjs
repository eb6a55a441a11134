// The figures of Tributary beside those of a bare relay and of its peers.
//
//   npm run bench                                all scenarios, three rounds
//   npm run bench -- idle join-4mb               these
//   npm run bench -- --targets floor,tributary --seconds 3 --rounds 1
//   npm run bench -- many-10000 --compare main HEAD
//   npm run bench -- many-10000 --targets tributary --profile FOLDER
//
// README.md says what is measured and how to read it.

import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { untilCalm } from './measure/calm.mjs'
import { machine } from './measure/machine.mjs'
import { prepareCommits } from './prepare/commits.mjs'
import { prepareBench, prepareDist } from './prepare/install.mjs'
import { compareRows } from './report/rows.mjs'
import { saveResult } from './report/save.mjs'
import { printTable } from './report/table.mjs'
import { playRound, UNDISTURBED } from './rounds/round.mjs'
import { SCENARIOS } from './scenarios/scenario.mjs'
import { TARGETS } from './targets/targets.mjs'

const ROOT = fileURLToPath(new URL('..', import.meta.url))
/** How long a round waits for others to finish, in seconds. */
const CALM_LIMIT = 20
/** So often a round is played for once without the host taking away time: others share it. */
const TRIES = 3
const USAGE =
  'usage: npm run bench -- [scenario…] [--targets a,b] [--seconds n] [--rounds n]\n' +
  '                        [--compare COMMIT COMMIT] [--main FILE] [--profile FOLDER]\n' +
  `scenarios: ${SCENARIOS.map((scenario) => scenario.name).join(', ')}\n` +
  `targets: ${TARGETS.map((target) => target.name).join(', ')}`

class Usage extends Error {}

/** @param {string[]} argv */
function readArguments(argv) {
  const { values, positionals } = parseArgs({
    args: argv,
    allowPositionals: true,
    options: {
      targets: { type: 'string' },
      seconds: { type: 'string' },
      rounds: { type: 'string', default: '3' },
      compare: { type: 'boolean', default: false },
      main: { type: 'string' },
      profile: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  })
  if (values.help) throw new Usage()
  // The two commits follow the flag: they are the positionals that name no scenario.
  const isScenario = (/** @type {string} */ name) => SCENARIOS.some((one) => one.name === name)
  const commits = positionals.filter((name) => !isScenario(name))
  if (commits.length !== (values.compare ? 2 : 0)) {
    throw new Usage(values.compare ? '--compare needs two commits' : `no scenario: ${commits[0]}`)
  }
  const wanted = positionals.filter(isScenario)
  const targets = values.targets?.split(',') ?? null
  const unknown = targets?.find((name) => !TARGETS.some((target) => target.name === name))
  if (unknown !== undefined) throw new Usage(`no target: ${unknown}`)
  return {
    scenarios: SCENARIOS.filter(({ name }) => wanted.length === 0 || wanted.includes(name)),
    targets,
    seconds: values.seconds === undefined ? null : number('--seconds', values.seconds),
    rounds: number('--rounds', values.rounds),
    commits,
    main: values.main ?? null,
    profiles: values.profile ?? null,
  }
}

/** @param {string} flag @param {string} text */
function number(flag, text) {
  const value = Number(text)
  if (!(value >= 1)) throw new Usage(`${flag} needs a number from 1 on, not ${text}`)
  return value
}

/** @param {ReturnType<typeof readArguments>} options */
async function targetsOf({ targets, commits, main }) {
  const wanted = TARGETS.filter(({ name }) => targets === null || targets.includes(name))
  const own = /** @type {import('./targets/targets.mjs').Target} */ (TARGETS.at(-1))
  if (commits.length > 0) {
    const others = targets === null ? [] : wanted.filter((target) => target !== own)
    return [...others, ...(await prepareCommits(ROOT, commits, own))]
  }
  if (main === null && wanted.includes(own)) prepareDist(ROOT)
  return wanted.map((target) => (target === own && main !== null ? { ...own, main } : target))
}

/**
 * Round by round, the order turned each time: what drifts meanwhile meets every target alike.
 *
 * @param {import('./scenarios/scenario.mjs').Scenario} scenario
 * @param {import('./targets/targets.mjs').Target[]} targets
 * @param {ReturnType<typeof readArguments>} options
 */
async function play(scenario, targets, options) {
  const here = targets.filter(({ name }) => scenario.targets.includes(name.replace(/@.*/, '')))
  /** @type {Map<string, import('./rounds/round.mjs').Sample[]>} */
  const samples = new Map(here.map(({ name }) => [name, []]))
  const seconds = options.seconds ?? scenario.seconds
  for (let round = 0; round < options.rounds; round++) {
    for (const target of round % 2 === 0 ? here : here.toReversed()) {
      process.stderr.write(`${scenario.name}, round ${round + 1}: ${target.name}\n`)
      const sample = await playUndisturbed(scenario, target, {
        seconds,
        profiles: options.profiles,
      })
      samples.get(target.name)?.push(sample)
    }
  }
  return samples
}

/**
 * A round, again while the host took away time: of several that of which the least was taken, whatever
 * it came to.
 *
 * @param {Parameters<typeof playRound>} round
 */
async function playUndisturbed(...round) {
  /** @type {import('./rounds/round.mjs').Sample[]} */
  const tries = []
  do {
    await untilCalm(CALM_LIMIT)
    tries.push(await playRound(...round))
    const { stolen } = /** @type {import('./rounds/round.mjs').Sample} */ (tries.at(-1))
    if (stolen <= UNDISTURBED) break
    process.stderr.write(`  ${(stolen * 100).toFixed(1)} % of the time went to other machines\n`)
  } while (tries.length < TRIES)
  const [least] = tries.toSorted((a, b) => a.stolen - b.stolen)
  return { .../** @type {import('./rounds/round.mjs').Sample} */ (least), tries: tries.length }
}

/** @param {ReturnType<typeof readArguments>} options */
async function main(options) {
  prepareBench()
  const { selfTest } = await import('./load/self-test.mjs')
  selfTest()
  const targets = await targetsOf(options)
  const about = machine(ROOT)
  for (const scenario of options.scenarios) {
    const samples = await play(scenario, targets, options)
    const rows = compareRows(scenario, samples)
    printTable(scenario, rows, about)
    const isFull =
      options.targets === null && options.seconds === null && options.commits.length === 0
    const place = saveResult(ROOT, { scenario, samples, rows, machine: about, options, isFull })
    process.stderr.write(`written to ${place}\n`)
  }
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => process.exit(130))

try {
  await main(readArguments(process.argv.slice(2)))
} catch (error) {
  const isUsage =
    error instanceof Usage || /** @type {any} */ (error).code?.startsWith?.('ERR_PARSE_ARGS')
  const message = error instanceof Error ? error.message : String(error)
  console.error(
    isUsage ? `${message === '' ? '' : `bench: ${message}\n`}${USAGE}` : `bench: ${message}`,
  )
  process.exitCode = isUsage ? 2 : 1
}
