import { TributaryError } from '../../core/errors.ts'
import { TRIBUTARY_PROTOCOL } from '../../wire/tributary-client.ts'
import type { Door } from '../wire.ts'
import type { DoorContext, TributaryContext } from './context.ts'
import { TributaryConversation } from './conversation.ts'
import { Crowd } from './crowd.ts'
import { numberEntities } from './entity-frames.ts'

/** `/connect`: our own provider, many entities on one socket. */
export function tributaryDoor(context: TributaryContext): Door {
  const crowd = new Crowd()
  context.people.onMessage((message) => crowd.tell(message))
  const shared: DoorContext = { ...context, crowd, framesOf: numberEntities() }
  return {
    prefix: '/connect',
    protocol: TRIBUTARY_PROTOCOL,
    admit({ path, token, protocols }) {
      if (path !== '') throw new TributaryError('no-such-door', 'The path is just /connect.')
      if (!protocols.includes(TRIBUTARY_PROTOCOL)) {
        throw new TributaryError('bad-request', `Here the subprotocol is ${TRIBUTARY_PROTOCOL}.`)
      }
      return async (wire) => new TributaryConversation(shared, wire, token)
    },
  }
}
