/** A replica that has not said for so long how far it is may be cut off. */
const SILENT_SECONDS = 10
/** After this it is taken for one that is not meant to come back. */
const MISSED_MS = 10 * 60_000

/**
 * Whether a master has lost one of its replicas. Then it is here that the network may be broken: this
 * replica may be made the master, without what is written meanwhile, or is one already. Nothing of
 * that can be seen from here otherwise. [L94]
 */
export class Followers {
  #most = 0
  #missedSince: number | null = null

  /**
   * @param count Replicas that follow now, as `followersOf` counts them.
   * @param now On the monotonic clock, in ms.
   * @returns whether one is missing.
   */
  seen(count: number, now: number): boolean {
    if (count >= this.#most) this.#takeFor(count)
    else this.#missedSince ??= now
    if (this.#missedSince !== null && now - this.#missedSince >= MISSED_MS) this.#takeFor(count)
    return this.#missedSince !== null
  }

  /** It is another master: how many follow that one is to be seen. */
  forget(): void {
    this.#takeFor(0)
  }

  #takeFor(count: number): void {
    this.#most = count
    this.#missedSince = null
  }
}

/**
 * How many replicas have said lately that they follow.
 *
 * @param info Of INFO replication: `slave0` is `ip=…,port=…,state=online,offset=…,lag=1`.
 */
export function followersOf(info: ReadonlyMap<string, string>): number {
  let count = 0
  for (const [name, value] of info) {
    if (!/^slave\d+$/.test(name)) continue
    const lag = /,state=online,.*lag=(\d+)/.exec(value)?.[1]
    if (lag !== undefined && Number(lag) <= SILENT_SECONDS) count++
  }
  return count
}
