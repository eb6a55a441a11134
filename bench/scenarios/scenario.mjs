import { clusterEveryone } from './cluster-everyone.mjs'
import { clusterMany } from './cluster-many.mjs'
import { clusterPublishes } from './cluster-publishes.mjs'
import { clusterReaders } from './cluster-readers.mjs'
import { comeBack } from './come-back.mjs'
import { everyone } from './everyone.mjs'
import { growthDisk } from './growth-disk.mjs'
import { growthEntities } from './growth-entities.mjs'
import { growthHistory } from './growth-history.mjs'
import { growthReaders } from './growth-readers.mjs'
import { growthStart } from './growth-start.mjs'
import { idle } from './idle.mjs'
import { join4 } from './join-4mb.mjs'
import { join20 } from './join-20mb.mjs'
import { latency } from './latency.mjs'
import { many2000 } from './many-2000.mjs'
import { many10000 } from './many-10000.mjs'
import { readers100 } from './readers-100.mjs'
import { readers1000 } from './readers-1000.mjs'
import { redisMemory } from './redis-memory.mjs'
import { relay } from './relay.mjs'
import { resume } from './resume.mjs'
import { slowReaders } from './slow-readers.mjs'
import { tokens } from './tokens.mjs'

/**
 * What a figure has to reach: at most so many times another target's, or at most or at least so much.
 *
 * @typedef {{ times: number, of: string } | { atMost: number } | { atLeast: number }} Goal
 */
/**
 * @typedef {object} Figure
 * @property {string} key In the samples.
 * @property {string} label
 * @property {string} unit
 * @property {Goal[]} goals Of Tributary. None: only shown.
 */
/**
 * @typedef {object} Scenario
 * @property {string} name As on the command line and in file names.
 * @property {string} title
 * @property {keyof typeof import('../rounds/round.mjs').MEASURES} measure
 * @property {object} shape What the measurement is given.
 * @property {number} seconds Measured, per target and round.
 * @property {string[]} targets
 * @property {number} [nodes] So many of the target, over a Redis; without it one that has none.
 * @property {boolean} [isDurable] False: their Redis keeps nothing on disk.
 * @property {readonly string[]} [flags] Options of Tributary, where its defaults would stop the load.
 * @property {Figure[]} figures
 * @property {Record<string, string>} [readmeLabels] What the README calls figures, by label: there no others stand beside them.
 * @property {string[]} [readmeFigures] Keys of figures without a goal that it shows too.
 */

/** @type {Scenario[]} */
export const SCENARIOS = [
  readers100,
  readers1000,
  everyone,
  many2000,
  many10000,
  idle,
  join4,
  join20,
  comeBack,
  resume,
  clusterMany,
  clusterReaders,
  clusterEveryone,
  clusterPublishes,
  slowReaders,
  latency,
  tokens,
  growthEntities,
  growthHistory,
  growthReaders,
  growthStart,
  growthDisk,
  relay,
  redisMemory,
]
