import type { SimClient } from './sim-client.ts'
import type { Counts } from './sim-counts.ts'
import { ALONE, drawNature, type Nature } from './sim-nature.ts'
import { SimWorld } from './sim-world.ts'

export interface ScheduleOptions {
  /** Changes what the seed has drawn. */
  readonly change?: (nature: Nature) => Nature
  /** No more edits than this: for the search of a smaller failure. */
  readonly mostEdits?: number
  readonly trace?: (line: string) => void
}

/**
 * One run: clients come, edit, are cut and come back; the node is killed, stopped and started, the
 * store fails, compactions fall due. Then nobody is cut any more, but everybody goes on editing. When
 * all has come to rest every copy must be equal, *before* anybody connects anew, which would heal
 * much; and so after two reconnects, and after a cold start.
 */
export class SimSchedule {
  readonly #world: SimWorld
  readonly #mostEdits: number
  #editsLeft = 0
  #phase: 'wild' | 'calm' | 'over' = 'wild'

  constructor(seed: number, options: ScheduleOptions = {}) {
    const { change = (nature) => nature, mostEdits, trace } = options
    this.#world = new SimWorld(seed, {
      nature: (random) => change(drawNature(random)),
      ...(trace === undefined ? {} : { trace }),
    })
    this.#mostEdits = mostEdits ?? Number.POSITIVE_INFINITY
  }

  /** @throws {SimFault} */
  async run(): Promise<Counts> {
    const world = this.#world
    const { wild, calm } = world.nature.edits
    world.onLost = (client) => this.#comeBack(client)
    await world.start()
    for (const client of world.clients) {
      world.clock.after(world.random.next() * 500, () => {
        world.connect(client)
        this.#act(client)
      })
    }
    this.#armTrouble()
    await this.#edit('wild', wild)
    await this.#edit('calm', calm / 2)
    await world.until(() => world.clients.every(({ connected }) => connected), 'all are connected')
    await this.#edit('calm', calm / 2)
    this.#phase = 'over'
    await world.rest()
    await world.agree('before any reconnect')
    world.agreeOnPresence()
    await this.#reconnectAll()
    await this.#startCold()
    world.close()
    return world.counts
  }

  close(): void {
    this.#phase = 'over'
    this.#world.close()
  }

  async #edit(phase: 'wild' | 'calm', edits: number): Promise<void> {
    this.#phase = phase
    this.#editsLeft = Math.min(edits, this.#mostEdits - this.#world.counts.edits)
    await this.#world.until(() => this.#editsLeft <= 0, 'all edits are made')
  }

  #act(client: SimClient): void {
    if (this.#phase === 'over') return
    const { random, clock, nature } = this.#world
    const what = random.next()
    if (what < 0.7) {
      for (let left = random.chance(0.1) ? random.int(2, 5) : 1; left > 0; left--) {
        this.#editOnce(client)
      }
    } else if (what < 0.8) client.move()
    else if (what < 0.92) client.askSaved()
    else client.askSiblings()
    clock.after(this.#about(nature.pause), () => this.#act(client))
  }

  #editOnce(client: SimClient): void {
    if (this.#editsLeft <= 0) return
    this.#editsLeft--
    this.#world.counts.edits++
    this.#world.trace(`${client.name} edits`)
    client.edit(this.#world.random)
  }

  #armTrouble(): void {
    const { clock, nature } = this.#world
    clock.after(this.#about(nature.peace), () => {
      if (this.#phase === 'over') return
      this.#trouble()
      this.#armTrouble()
    })
  }

  #trouble(): void {
    const { random, clients, node } = this.#world
    const what = random.next()
    if (what < 0.5 || this.#phase === 'calm') {
      this.#world.trace('a compaction falls due')
      node?.compact()
    } else if (what < 0.88) this.#cut(random.pick(clients))
    else if (what < 0.93) {
      const empty = random.next() * 1_000
      for (const client of clients) this.#cut(client, empty)
    } else {
      this.#restart(random.chance(0.5) ? 'drain' : 'kill').catch((error: unknown) => {
        this.#world.fault(`a restart failed: ${error}`)
      })
    }
  }

  #cut(client: SimClient, atLeast = 0): void {
    const { random } = this.#world
    if (client.link === null) return
    this.#world.cut(client, random.chance(0.5) ? 0 : random.next() * 600)
    this.#comeBack(client, atLeast)
  }

  #comeBack(client: SimClient, atLeast = 0): void {
    const { clock, nature } = this.#world
    clock.after(atLeast + this.#about(nature.away), () => this.#world.connect(client))
  }

  async #restart(how: 'drain' | 'kill'): Promise<void> {
    if (this.#world.node === null) return
    this.#world.counts[how === 'drain' ? 'drains' : 'kills']++
    await this.#world.stop(how)
    await this.#world.clock.sleep(this.#about(50))
    await this.#world.start()
  }

  async #reconnectAll(): Promise<void> {
    const world = this.#world
    for (let round = 1; round <= 2; round++) {
      const { bytes } = world.audit
      for (const client of world.clients) {
        client.cut(0)
        world.connect(client)
      }
      await world.rest()
      await world.agree(`after reconnect ${round}`)
      world.agreeOnPresence()
      // The first answers may name deletes that no update has named, such as of what lost a set.
      if (round === 2 && world.audit.bytes > bytes) world.fault('a reconnect has grown the log')
    }
  }

  async #startCold(): Promise<void> {
    const world = this.#world
    await world.stop('kill')
    await world.start()
    const [fresh] = world.openBrowser([{ ...ALONE, hidden: true }])
    for (const client of world.clients) world.connect(client)
    await world.rest()
    if (fresh?.synced !== true) world.fault('a fresh client is not told that it has everything')
    await world.agree('after a cold start')
  }

  #about(mean: number): number {
    return -Math.log(1 - this.#world.random.next()) * mean
  }
}
