import { TributaryError } from '../../core/errors.ts'
import { TRIBUTARY_PROTOCOL } from '../../wire/tributary-client.ts'
import { serverFrame } from '../../wire/tributary-server.ts'
import { type Door, NOTHING_MORE, type Wire } from '../wire.ts'
import { type DoorContext, refusalOf, type TributaryContext } from './context.ts'
import { TributaryConversation } from './conversation.ts'
import { Crowd } from './crowd.ts'
import { numberEntities } from './entity-frames.ts'

const PATH = '/connect'
/** Of a path in an answer or a log line. */
const SHOWN = 100

/** `/connect`: our own provider, many entities on one socket. */
export function tributaryDoor(context: TributaryContext): Door {
  const crowd = new Crowd()
  context.people.onMessage((message) => crowd.tell(message))
  const shared: DoorContext = { ...context, crowd, framesOf: numberEntities() }
  return {
    prefix: PATH,
    protocol: TRIBUTARY_PROTOCOL,
    admit({ path, token, protocols }) {
      if (!protocols.includes(TRIBUTARY_PROTOCOL)) {
        throw new TributaryError('bad-request', `Here the subprotocol is ${TRIBUTARY_PROTOCOL}.`)
      }
      if (path !== '') return async (wire) => sendHome(context, wire, path)
      return async (wire) => new TributaryConversation(shared, wire, token)
    },
  }
}

/**
 * A status before the upgrade never reaches a page: its provider is told in words of its own, which
 * it shows in `status`. [V37]
 */
function sendHome({ session, logger, random }: TributaryContext, wire: Wire, path: string) {
  const error = new TributaryError('no-such-door', whereTo(path))
  session.metrics.refusals.of(error.code).add()
  const { code, message } = error
  logger.info('a client came to the wrong path', { address: wire.address, code, reason: message })
  wire.write(serverFrame({ is: 'error', ...refusalOf(code, message, random) }))
  wire.close(code)
  return NOTHING_MORE
}

/** @param path As `Knock` has it. */
function whereTo(path: string): string {
  const base = path.endsWith(PATH) ? path.slice(0, -PATH.length) : ''
  if (base === '' || base.length > SHOWN) return `This is spoken at ${PATH} alone.`
  return (
    `This server has nothing for tributary.v1 below ${base}: ` +
    `give connect() its address without ${base}, or let the proxy that needs it take it away.`
  )
}
