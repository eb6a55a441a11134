import type { SoundUpdate } from '../../crdt/scan.ts'
import type { Entity } from '../../entity/entity.ts'
import type { Frame } from '../../wire/frame.ts'
import { serverFrame } from '../../wire/tributary-server.ts'

/** What is larger goes out in parts, so that its progress shows and other things pass in between. */
const PART_BYTES = 256 * 1024

/**
 * The channel of an entity, and how it is said there: the same for all sockets of the node, so that
 * what one batch says is encoded once.
 */
export class EntityFrames {
  readonly channel: number
  /** Functions that stay the same ones: a batch remembers by them what it has encoded. */
  readonly update: (update: SoundUpdate) => readonly Frame[]
  readonly awareness: (body: Uint8Array) => Frame

  constructor(channel: number) {
    this.channel = channel
    this.update = (update) => inParts('update', channel, update)
    this.awareness = (body) => serverFrame({ is: 'awareness', channel, body })
  }
}

/** All parts but the last, then the message itself with what is left. */
export function inParts(
  is: 'update' | 'synced',
  channel: number,
  update: Uint8Array,
): readonly Frame[] {
  const frames: Frame[] = []
  let at = 0
  for (; update.length - at > PART_BYTES; at += PART_BYTES) {
    const bytes = update.subarray(at, at + PART_BYTES)
    frames.push(serverFrame({ is: 'part', channel, bytes }))
  }
  frames.push(serverFrame({ is, channel, update: at === 0 ? update : update.subarray(at) }))
  return frames
}

/** Numbers entities as they are met. One that is loaded anew has another number. */
export function numberEntities(): (entity: Entity) => EntityFrames {
  const known = new WeakMap<Entity, EntityFrames>()
  let next = 1
  return (entity) => {
    let frames = known.get(entity)
    if (frames === undefined) {
      frames = new EntityFrames(next++)
      known.set(entity, frames)
    }
    return frames
  }
}
