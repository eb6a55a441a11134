import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'

/** A wire to a Redis on which answers can be lost while calls still arrive. */
export interface OneWay {
  readonly url: string
  /** Answers are thrown away from now on, or no longer. */
  mute(on: boolean): void
  /** What is subscribed to is left again behind the back of who did: the connections stand, and bring nothing. */
  deafen(): void
  /** Every connection that stands is torn down. */
  cut(): void
  close(): Promise<void>
}

export async function oneWayTo(port: number): Promise<OneWay> {
  let isMute = false
  const sockets = new Set<Socket>()
  const subscribers = new Set<Socket>()
  const server = createServer((near) => {
    const far = connect(port, '127.0.0.1')
    for (const socket of [near, far]) {
      sockets.add(socket)
      socket.on('error', () => {})
      socket.on('close', () => {
        sockets.delete(socket)
        subscribers.delete(socket)
        near.destroy()
        far.destroy()
      })
    }
    near.on('data', (bytes) => {
      if (/\r\nsubscribe\r\n/i.test(bytes.toString('latin1'))) subscribers.add(far)
      far.write(bytes)
    })
    far.on('data', (bytes) => {
      if (!isMute && !bytes.includes('unsubscribe')) near.write(bytes)
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const cut = () => {
    for (const socket of sockets) socket.destroy()
  }
  return {
    url: `redis://127.0.0.1:${(server.address() as AddressInfo).port}`,
    mute(on) {
      isMute = on
    },
    deafen() {
      for (const far of subscribers) far.write('UNSUBSCRIBE\r\n')
    },
    cut,
    async close() {
      cut()
      server.close()
      await once(server, 'close')
    },
  }
}
