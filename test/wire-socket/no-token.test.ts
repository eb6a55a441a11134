import { describe, expect } from 'vitest'
import * as frames from '../support/frames.ts'
import { stageTest } from '../support/stage.ts'
import { SECRET, tokenOf } from '../support/tokens.ts'

describe('[G25] no token', () => {
  stageTest(
    'and no secret is in anything that the server writes: logs, metrics, answers, reasons',
    async (stage) => {
      const id = stage.entity()
      const grants = [{ entity: '**', may: 'write' }]
      const tokens = [
        tokenOf({ sub: 'good', grants }),
        tokenOf({ sub: 'elsewhere', grants: [{ entity: 'x', may: 'read' }] }),
        tokenOf({ sub: 'expired', grants, exp: 1_000 }),
        tokenOf({ sub: 'forged', grants }, 'z'.repeat(40)),
        'tokens-need-not-look-like-one',
        `${'a'.repeat(9_000)}.b.c`,
      ]
      const said: string[] = []
      const { url } = stage.server
      for (const token of tokens) {
        for (const options of [
          { ws: { headers: { authorization: `Bearer ${token}` } } },
          { protocols: ['tributary.sync', `tributary.token.${token}`] },
        ]) {
          const client = await stage.raw(id, options)
          client.send(frames.step1())
          // A protocol that is no client of ours, and a message that nobody can read.
          client.send(Uint8Array.of(0, 2, 3, 255, 255, 255))
          client.send('text')
          said.push(client.socket.protocol)
          await client.next('denied')
          for (const one of client.received) if (one.is === 'denied') said.push(one.reason)
          client.terminate()
        }
        for (const path of [`/sync/${id}`, '/metrics', '/readyz', '/healthz', '/', '/nowhere']) {
          const answer = await fetch(`${url}${path}?token=${token}`, {
            headers: { authorization: `Bearer ${token}` },
          })
          said.push(await answer.text(), JSON.stringify([...answer.headers]))
        }
        // Refused before the upgrade: an id that is none.
        await stage.raw(`%00?token=${token}`).catch((error: unknown) => said.push(String(error)))
      }
      said.push(await (await fetch(`${url}/metrics`)).text())
      await stage.server.stop()
      const everything = [...stage.server.output, ...said].join('\n')
      expect(everything).toContain('was not let in')
      expect(everything).not.toContain(SECRET)
      for (const token of tokens) {
        for (const part of token.split('.')) {
          if (part.length > 3) expect(everything).not.toContain(part)
        }
      }
    },
    { flags: ['--auth-secret', SECRET, '--log-level', 'debug'] },
  )
})
