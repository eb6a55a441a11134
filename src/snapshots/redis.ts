import { isNextSnapshot } from '../core/branch.ts'
import type { Random } from '../core/clock.ts'
import { TributaryError } from '../core/errors.ts'
import type { EntityKey } from '../core/ids.ts'
import { INCARNATION_LENGTH, type Position, samePosition } from '../core/position.ts'
import type { RedisLink } from '../redis/link.ts'
import { type OnUnreadable, RedisKept } from './redis-kept.ts'
import { stage } from './redis-stage.ts'
import { trim } from './redis-trim.ts'
import type { Covered, SharedSnapshots } from './shared.ts'
import type { Snapshot, SnapshotInfo } from './snapshots.ts'

/** Keys of one step of SCAN. */
const SCANNED_AT_ONCE = 1_000
/** Characters: no two snapshots of an entity have the same. */
const PIECES_ID_LENGTH = 12

export interface RedisSnapshotsOptions {
  readonly random: Pick<Random, 'id'>
  readonly damaged?: OnUnreadable
}

/**
 * Snapshots in Redis, beside the log: two generations of an entity in one hash, small ones whole,
 * large ones with their bytes in pieces of a key of their own.
 *
 * A commit writes the bytes to a key that expires, reads them back and compares; then one script
 * makes them the newest if everything still holds. A crash before it leaves a key that goes by
 * itself; one behind it, before the trim, is made up for by the next commit.
 */
export class RedisSnapshots implements SharedSnapshots {
  readonly #link: RedisLink
  readonly #random: Pick<Random, 'id'>
  readonly #kept: RedisKept

  constructor(link: RedisLink, { random, damaged = () => {} }: RedisSnapshotsOptions) {
    this.#link = link
    this.#random = random
    this.#kept = new RedisKept(link, random, damaged)
  }

  async load(entity: EntityKey): Promise<Snapshot | null> {
    return (await this.#kept.newestWhole(entity)).snapshot
  }

  async commit(
    entity: EntityKey,
    snapshot: Snapshot,
    replaces: Position | null,
  ): Promise<'committed' | 'stale'> {
    // What becomes the older one was found whole by this: the log is trimmed up to it.
    const { look, kept: base } = await this.#kept.newestWhole(entity)
    // What a later version has kept stays, and is left to its nodes.
    if (look.newer?.isLater === true || look.older?.isLater === true) return 'stale'
    if (!isNextSnapshot(snapshot.position, base?.position ?? null, replaces)) return 'stale'
    if (snapshot.position.epoch !== look.epoch) return 'stale'

    const staged = await stage(this.#link, entity, snapshot, this.#random.id(PIECES_ID_LENGTH))
    const { meta, stream, tombstones, snapshots } = this.#link.names.keys(entity)
    const going = [look.newer, look.older].filter((one) => one !== null && one !== base)
    const { epoch, offset, check } = snapshot.position
    const outcome = await this.#link.run(
      'commit',
      [
        ...[meta, stream, tombstones, snapshots, staged.key],
        ...going.flatMap((one) => one?.pieces ?? []),
      ],
      [
        ...[epoch, offset, check, look.newer?.identity ?? '', look.older?.identity ?? ''],
        ...[base === null ? '' : base === look.newer ? 'n' : 'o', staged.record],
      ],
    )
    switch (String(outcome)) {
      case 'committed':
        if (base !== null) await this.#trim(entity, base.position)
        return 'committed'
      case 'stale':
        await this.#link.call('UNLINK', staged.key)
        return 'stale'
      default:
        throw new TributaryError('storage', 'a snapshot was gone before it could count')
    }
  }

  async covered(entity: EntityKey, through: Position, whole: boolean): Promise<Covered | null> {
    const { epoch, checkAt, newer } = await this.#kept.look(entity, through.offset)
    if (newer?.about == null) return null
    const { about, position } = newer
    const isOurs = through.epoch === epoch && through.check === checkAt
    if (!isOurs || !newer.isOnLog || position.offset > through.offset) return null
    const snapshot = whole ? await this.#kept.read(newer) : null
    const deleteSet = whole ? (snapshot?.deleteSet ?? null) : await this.#kept.deleteSetOf(newer)
    if (deleteSet === null) return null
    return { position, bytes: about.parts[0], depth: about.depth, deleteSet, snapshot }
  }

  async rest(entity: EntityKey): Promise<'rested' | 'stale' | 'nothing'> {
    const { look, kept, snapshot } = await this.#kept.newestWhole(entity)
    if (kept === null || snapshot === null) return 'nothing'
    const { newer, older } = look
    const isTwice =
      kept === newer &&
      older !== null &&
      samePosition(older.position, kept.position) &&
      (await this.#kept.read(older)) !== null
    if (isTwice) {
      await this.#trim(entity, kept.position)
      return 'rested'
    }
    const outcome = await this.commit(entity, snapshot, kept.position)
    return outcome === 'committed' ? 'rested' : 'stale'
  }

  /** Snapshots go with their generation: nothing is left of them to be removed. */
  async remove(_entity: EntityKey): Promise<void> {}

  /** By SCAN: nothing is kept for it, and it takes as long as there are keys in the database. */
  async *list(): AsyncGenerator<SnapshotInfo> {
    const seen = new Set<EntityKey>()
    for (let cursor = '0'; ; ) {
      const match = ['MATCH', this.#link.names.everySnapshot, 'COUNT', SCANNED_AT_ONCE] as const
      const reply = await this.#link.call('SCAN', cursor, ...match, 'TYPE', 'hash')
      const [next, keys] = reply as readonly [Buffer, readonly Buffer[]]
      for (const key of keys) {
        const entity = this.#link.names.entityOf(key.toString())
        if (entity === null || seen.has(entity)) continue
        seen.add(entity)
        const info = await this.#info(entity)
        if (info !== null) yield info
      }
      cursor = next.toString()
      if (cursor === '0') return
    }
  }

  async #info(entity: EntityKey): Promise<SnapshotInfo | null> {
    const { newer, older } = await this.#kept.look(entity)
    const kept = newer?.about != null ? newer : older
    if (kept?.about == null) return null
    return { entity, position: kept.position, bytes: kept.about.parts[0] }
  }

  /** One that fails is no failure of the commit: the next one makes up for it. */
  async #trim(entity: EntityKey, covered: Position): Promise<void> {
    try {
      await trim(this.#link, () => this.#random.id(INCARNATION_LENGTH), entity, covered)
    } catch (error) {
      if (!(error instanceof TributaryError)) throw error
    }
  }
}
