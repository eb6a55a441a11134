// What the tests need beyond npm: a Chromium for the pages, strace for the order of fsync and
// acknowledgement, a real Redis, and nginx in front of a cluster. As root on Debian they are
// installed, and this says so; elsewhere nothing is changed, and one line names the command to type.

import { spawnSync } from 'node:child_process'
import { accessSync, constants, existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'

/** Debian package → commands, any of which will do. */
const NEEDS = {
  chromium: ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'],
  strace: ['strace'],
  'redis-server': ['redis-server'],
  nginx: ['nginx'],
}

/** Debian puts nginx beside /usr/bin, into a folder that only root has in its path. */
const PATH = (process.env.PATH ?? '').split(delimiter)
if (PATH.includes('/usr/bin')) PATH.push('/usr/sbin')

/** @param {string} command */
function isThere(command) {
  return PATH.some((folder) => {
    try {
      accessSync(join(folder, command), constants.X_OK)
      return true
    } catch {
      return false
    }
  })
}

/** @param {readonly string[]} args */
function apt(...args) {
  spawnSync('apt-get', args, {
    stdio: ['ignore', 'ignore', 2],
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
  })
}

const lacking = () =>
  Object.entries(NEEDS)
    .filter(([, commands]) => !commands.some(isThere))
    .map(([name]) => name)

/** @param {readonly string[]} names */
const inWords = (names) =>
  [names.slice(0, -1).join(', '), ...names.slice(-1)].filter((part) => part !== '').join(' and ')

const missing = lacking()
if (missing.length > 0) {
  const install = `apt-get install -y --no-install-recommends ${missing.join(' ')}`
  const names = inWords(missing)
  if (process.getuid?.() === 0 && existsSync('/etc/debian_version') && isThere('apt-get')) {
    console.error(`The tests need ${names}: installing with ${install}`)
    // The lists of a fresh machine or container image are often empty or old. One source that does
    // not answer is no reason to stop: the others may do.
    apt('update', '-qq')
    apt('install', '-y', '-qq', '--no-install-recommends', ...missing)
    const still = lacking()
    if (still.length > 0) {
      console.error(`The tests need ${inWords(still)}, which could not be installed: ${install}`)
      process.exitCode = 1
    }
  } else {
    console.error(`The tests need ${names}; on Debian or Ubuntu type: sudo ${install}`)
    process.exitCode = 1
  }
}
