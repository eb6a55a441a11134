import { describe, expect } from 'vitest'
import { connect } from '../../client/provider/node/index.ts'
import { until } from '../support/deadline.ts'
import { type Stage, stageTest } from '../support/stage.ts'

const base = (stage: Stage) => `ws://127.0.0.1:${stage.port}`

function open(stage: Stage, entity: string, options: Parameters<typeof connect>[2] = {}) {
  const handle = connect(base(stage), entity, options)
  stage.atEnd(() => handle.destroy())
  return handle
}

describe('[U20] connect, against a server', () => {
  stageTest('two handles have the same, each edit is saved, each sees the other', async (stage) => {
    const entity = stage.entity()
    const [a, b] = [open(stage, entity), open(stage, entity)]
    a.doc.getText().insert(0, 'hello')
    await a.saved({ tier: 'disk', timeoutMs: stage.deadline })
    await b.synced
    await until('b has it', stage.deadline, () => b.doc.getText().toString() === 'hello')
    b.awareness.setLocalStateField('name', 'bea')
    const seen = () => a.awareness.getStates().get(b.doc.clientID)?.name === 'bea'
    await until('a sees b', stage.deadline, seen)
    expect(a.status).toMatchObject({
      link: { is: 'online' },
      save: { is: 'saved' },
      may: 'write',
      tier: 'disk',
    })
    await b.destroy()
    await until('b is gone', stage.deadline, () => !a.awareness.getStates().has(b.doc.clientID))
  })
})
