import type { Admission } from '../../access/access.ts'
import type { Cancel } from '../../core/clock.ts'
import { TributaryError } from '../../core/errors.ts'
import { DEFAULT_TENANT, type EntityId, type EntityRef, entityRef } from '../../core/ids.ts'
import type { Entity } from '../../entity/entity.ts'
import { entityIdFromPath } from '../../wire/entity-path.ts'
import { deniedFrame, IDLE_FRAME } from '../../wire/y-websocket.ts'
import { deniedHold } from '../denied-hold.ts'
import { noteRefusal } from '../note-refusal.ts'
import { type Conversation, type Door, type Knock, NOTHING_MORE, type Wire } from '../wire.ts'
import { Client } from './client.ts'
import { IDLE_MS, type YWebsocketContext } from './context.ts'
import { YWebsocketConversation } from './conversation.ts'

/** `/sync/<entity id>`: stock y-websocket clients 1.x to 3.x, one entity per socket. */
export function yWebsocketDoor(context: YWebsocketContext): Door {
  return {
    prefix: '/sync/',
    protocol: null,
    admit(knock) {
      const id = entityIdFromPath(knock.path)
      const { access } = context
      // What is refused before the upgrade is a status, which every client understands; but who
      // belongs to which tenant is told by the token, and a client that is denied by a status hammers.
      if (access.open) refuseEarly(context, entityRef(DEFAULT_TENANT, id), knock)
      return async (wire) => {
        try {
          const admission = await access.admit(knock.token, id)
          const ref = entityRef(admission.tenant, id)
          if (!access.open) refuseEarly(context, ref, knock)
          return await converse(context, wire, ref, admission)
        } catch (thrown) {
          const error = TributaryError.from(thrown)
          // It has waited long for a store that cannot be asked; another node may have it.
          if (error.code === 'storage') return sendAway(context, wire, error)
          if (access.open) throw thrown
          return deny(context, wire, error, id)
        }
      }
    },
  }
}

/** While it is loaded nothing is read, and the client is kept from giving up. [R12] */
async function openMeanwhile(
  context: YWebsocketContext,
  wire: Wire,
  ref: EntityRef,
): Promise<Entity> {
  const { clock } = context.session
  const wake = (): Cancel =>
    clock.after(IDLE_MS, () => {
      wire.write(IDLE_FRAME)
      cancel = wake()
    })
  let cancel = wake()
  try {
    return await context.open(ref)
  } finally {
    cancel()
  }
}

function sendAway({ metrics }: YWebsocketContext, wire: Wire, { code }: TributaryError) {
  metrics.refusals.of(code).add()
  wire.close(code)
  return NOTHING_MORE
}

function refuseEarly(context: YWebsocketContext, ref: EntityRef, knock: Knock): void {
  if (context.refusals.barred(knock.address, ref.key)) {
    const why = 'This address sent refused updates to this entity. Try again in a minute.'
    throw new TributaryError('refused-lately', why)
  }
  if (context.sessionsOn(ref) >= context.limits.entitySessions) {
    throw new TributaryError('too-many-sessions', 'The entity has as many sessions as it may.')
  }
}

/** It is told why, held, and closed; what it says meanwhile is not read. */
function deny(
  { metrics, random, logger }: YWebsocketContext,
  wire: Wire,
  error: TributaryError,
  id: EntityId,
) {
  const { address } = wire
  wire.write(deniedFrame(noteRefusal({ metrics, logger }, { address, entity: id }, error)))
  wire.close(error.code, deniedHold(random))
  return NOTHING_MORE
}

async function converse(
  context: YWebsocketContext,
  wire: Wire,
  ref: EntityRef,
  admission: Admission,
): Promise<Conversation> {
  const client = new Client(context, ref, wire, admission)
  // From here on it can be sent away, also while the entity is loaded.
  context.people.enter(client)
  try {
    const session = client.begin(await openMeanwhile(context, wire, ref))
    return new YWebsocketConversation(context, session, wire, client)
  } catch (thrown) {
    context.people.leave(client)
    throw thrown
  }
}
