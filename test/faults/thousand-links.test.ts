import { expect } from 'vitest'
import { Links } from '../../client/provider/link/links.ts'
import { nodeEnvironment } from '../../client/provider/node/node-environment.ts'
import { openNodeSocket } from '../../client/provider/node/ws-socket.ts'
import { until } from '../support/deadline.ts'
import { NotingOwner } from '../support/link-owner.ts'
import { ownStageTest, type Stage } from '../support/stage.ts'

const CLIENTS = 1_000
const BACK_MS = 10_000
/** That the machine may be busy with other things is no failure. */
const DEADLINE_MS = 60_000

/** A page each: nothing is shared but the process. */
class Crowd {
  readonly owners: NotingOwner[] = []
  /** When each began the last of its attempts: the one that succeeded, once all are back. */
  readonly #lastTries: number[] = []
  /** How long each meant to wait, each time, in ms. */
  readonly #waits: number[] = []
  attempts = 0

  constructor(stage: Stage) {
    const entities = Array.from({ length: 50 }, () => stage.entity())
    for (let n = 0; n < CLIENTS; n++) {
      const links = new Links({
        environment: nodeEnvironment,
        openSocket: (...how) => {
          this.attempts++
          this.#lastTries[n] = performance.now()
          return openNodeSocket(...how)
        },
      })
      const owner = new NotingOwner()
      const linked = owner.linked.bind(owner)
      owner.linked = (state) => {
        if (state.is === 'offline' && state.again !== null) {
          this.#waits.push(state.again - Date.now())
        }
        linked(state)
      }
      const url = `http://127.0.0.1:${stage.port}`
      const channel = links.to(url).open(entities[n % entities.length] as string, owner)
      stage.atEnd(() => channel.leave())
      this.owners.push(owner)
    }
  }

  /** When all have their entity open for the `count`th time. */
  async open(count: number): Promise<number> {
    const all = () => this.owners.every((one) => one.openings.length >= count)
    await until(`all are open ${count} times`, DEADLINE_MS, all, 20)
    return performance.now()
  }

  async gone(): Promise<void> {
    const all = () => this.owners.every((one) => one.state !== 'online')
    await until('all are thrown off', DEADLINE_MS, all, 20)
  }

  /** How many of the successful attempts came in the fullest `ms` milliseconds. */
  fullest(ms: number): number {
    return fullest(this.#lastTries, ms)
  }

  /** Which share of them meant to wait for the same time, give or take 10 ms. */
  get alike(): number {
    return fullest(this.#waits, 10) / this.#waits.length
  }

  /** What they are told is forgotten. */
  forget(): void {
    for (const owner of this.owners) owner.states.length = 0
  }

  /** Why they were not online since. */
  get reasons(): Set<string> {
    const states = this.owners.flatMap((owner) => owner.states)
    return new Set(states.flatMap((state) => ('reason' in state ? [state.reason] : [])))
  }
}

/** As many as lie within so many ms, at most. */
function fullest(times: readonly number[], ms: number): number {
  const at = times.toSorted((a, b) => a - b)
  let most = 0
  for (let from = 0, to = 0; to < at.length; to++) {
    while ((at[to] as number) >= (at[from] as number) + ms) from++
    most = Math.max(most, to - from + 1)
  }
  return most
}

ownStageTest(
  `[U16] ${CLIENTS} clients are back within 10 s: after a restart and after a kill`,
  async (stage) => {
    await stage.start()
    const begun = performance.now()
    const crowd = new Crowd(stage)
    // Where a thousand openings alone, all at once, take most of the time, it is not the links' doing.
    const opening = (await crowd.open(1)) - begun

    const throwOff = async (how: 'stop' | 'kill', count: number) => {
      const down = performance.now()
      await stage.server[how]()
      await crowd.gone()
      crowd.attempts = 0
      await stage.restart('kill')
      const up = performance.now()
      crowd.forget()
      const ms = (await crowd.open(count)) - up
      const away = up - down
      console.info(
        `${how}: ${away | 0} ms away, back in ${ms | 0} ms (opening: ${opening | 0}), ${crowd.attempts} attempts, ${crowd.fullest(500)} in 500 ms`,
      )
      // Who was away for long waits for up to half as long.
      expect(ms).toBeLessThan(Math.max(BACK_MS, 3 * opening) + 0.5 * away)
      // As words: the port of a connection that was refused may have the same digits in it.
      expect([...crowd.reasons].filter((reason) => /\b(429|503|1013)\b/.test(reason))).toEqual([])
      expect((await stage.metrics()).sum('refusals_total')).toBe(0)
    }
    await throwOff('stop', 2)
    await throwOff('kill', 3)
    console.info(`${(100 * crowd.alike) | 0} % meant to wait equally long`)
    expect(crowd.alike).toBeLessThan(0.1)
  },
  { timeout: 180_000 },
)
