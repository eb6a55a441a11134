import { createHmac } from 'node:crypto'
import { measureFanOut } from './fan-out.mjs'

const SECRET = 'of the bench, which has nothing to hide'

/**
 * The same typing four times, each time on a server that has just started: open, with tokens, with
 * tokens, open, so that what drifts meets both alike.
 *
 * @param {import('./round.mjs').Stage} stage
 * @param {import('../load/fan-out.mjs').Shape} shape
 */
export async function measureTokens(stage, shape) {
  const { server } = stage
  /** @type {(Awaited<ReturnType<typeof measureFanOut>> & { isOpen: boolean })[]} */
  const samples = []
  for (const [turn, isOpen] of [true, false, false, true].entries()) {
    server.flags = isOpen ? [] : ['--auth-secret', SECRET]
    server.door.query = isOpen ? '' : `?token=${token()}`
    await server.restart()
    const sample = await measureFanOut(stage, { ...shape, prefix: `turn-${turn}` })
    samples.push({ isOpen, ...sample })
    await stage.rest()
  }
  const of = (/** @type {boolean} */ isOpen) => samples.filter((sample) => sample.isOpen === isOpen)
  const mean = (/** @type {typeof samples} */ some, /** @type {'cpu' | 'p99'} */ key) =>
    some.reduce((sum, { figures }) => sum + figures[key], 0) / some.length
  return {
    figures: {
      ratio: mean(of(false), 'cpu') / mean(of(true), 'cpu'),
      cpu: mean(of(false), 'cpu'),
      open: mean(of(true), 'cpu'),
      p99: mean(of(false), 'p99'),
      lost: samples.reduce((sum, { figures }) => sum + figures.lost, 0),
    },
    load: Math.max(...samples.map(({ load }) => load)),
    others: Math.max(...samples.map(({ others }) => others)),
    warnings: samples.flatMap(({ warnings }) => warnings),
  }
}

/** An hour of everything. */
function token() {
  const part = (/** @type {unknown} */ value) =>
    Buffer.from(JSON.stringify(value)).toString('base64url')
  const claims = {
    sub: 'bench',
    exp: Math.floor(Date.now() / 1_000) + 3_600,
    grants: [{ entity: '**', may: 'write' }],
  }
  const signed = `${part({ alg: 'HS256' })}.${part(claims)}`
  return `${signed}.${createHmac('sha256', SECRET).update(signed).digest('base64url')}`
}
