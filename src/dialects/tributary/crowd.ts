import type { PeopleMessage } from '../../bus/people.ts'

/** A socket that can be told something. */
export interface Reachable {
  tell(message: PeopleMessage): void
}

/** Which sockets are whose, so that a message comes to each of them once. */
export class Crowd {
  /** By tenant and user: how many channels of the socket are that user's. */
  readonly #tenants = new Map<string, Map<string, Map<Reachable, number>>>()

  enter(tenant: string, actor: string, socket: Reachable): void {
    const actors = this.#tenants.get(tenant) ?? new Map<string, Map<Reachable, number>>()
    const sockets = actors.get(actor) ?? new Map<Reachable, number>()
    this.#tenants.set(tenant, actors)
    actors.set(actor, sockets)
    sockets.set(socket, (sockets.get(socket) ?? 0) + 1)
  }

  leave(tenant: string, actor: string, socket: Reachable): void {
    const actors = this.#tenants.get(tenant)
    const sockets = actors?.get(actor)
    const left = (sockets?.get(socket) ?? 0) - 1
    if (actors === undefined || sockets === undefined || left < 0) return
    if (left > 0) {
      sockets.set(socket, left)
      return
    }
    sockets.delete(socket)
    if (sockets.size === 0) actors.delete(actor)
    if (actors.size === 0) this.#tenants.delete(tenant)
  }

  tell(message: PeopleMessage): void {
    const actors = this.#tenants.get(message.tenant)
    if (actors === undefined) return
    const told = new Set<Reachable>()
    for (const [actor, sockets] of actors) {
      if (message.actor !== null && message.actor !== actor) continue
      for (const socket of sockets.keys()) told.add(socket)
    }
    for (const socket of told) socket.tell(message)
  }
}
