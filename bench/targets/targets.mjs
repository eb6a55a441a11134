import { fileURLToPath } from 'node:url'

/**
 * @typedef {object} Target
 * @property {string} name
 * @property {string} script
 * @property {string} prefix Of every path a client connects to.
 * @property {string} dialect
 * @property {boolean} answers Whether it speaks the sync protocol: the floor only passes messages on.
 * @property {boolean} [stores] Whether it gets a data folder.
 * @property {string} [main] The `dist/main.js` to run.
 */

/** @param {string} name @param {Omit<Target, 'name' | 'script'>} rest @returns {Target} */
function target(name, rest) {
  return { name, script: fileURLToPath(new URL(`${name}.mjs`, import.meta.url)), ...rest }
}

export const TARGETS = [
  target('floor', { prefix: '/', dialect: 'y-websocket', answers: false }),
  target('y-websocket', { prefix: '/', dialect: 'y-websocket', answers: true }),
  target('hocuspocus', { prefix: '/', dialect: 'hocuspocus', answers: true }),
  target('tributary', {
    prefix: '/sync/',
    dialect: 'y-websocket',
    answers: true,
    stores: true,
    main: fileURLToPath(new URL('../../dist/main.js', import.meta.url)),
  }),
]
