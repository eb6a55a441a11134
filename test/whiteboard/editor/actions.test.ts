import { effect } from '@preact/signals-core'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import {
  type Action,
  createActions,
  GROUPS,
  OTHER_KEYS,
} from '../../../client/whiteboard/editor/actions.ts'
import { toBoard } from '../../../client/whiteboard/editor/camera.ts'
import { TOOLS } from '../../../client/whiteboard/editor/editor.ts'
import { nudge } from '../../../client/whiteboard/editor/nudge.ts'
import { box, Drawer, words } from '../tools/drawer.ts'

let ada: Drawer
let asked: string[]
let actions: readonly Action[]
beforeEach(() => {
  ada = new Drawer()
  asked = []
  const page = new Proxy({} as Parameters<typeof createActions>[1], {
    get: (_, name) => () => asked.push(String(name)),
  })
  actions = createActions(ada.editor, page)
})
afterEach(() => ada.close())

const action = (id: string): Action => {
  const found = actions.find((candidate) => candidate.id === id)
  if (found === undefined) throw new Error(`no action ${id}`)
  return found
}
const run = (id: string) => action(id).run()

describe('the table', () => {
  test('[B46] ids are one of a kind, no key means two things, every tool is there', () => {
    const ids = actions.map(({ id }) => id)
    expect(new Set(ids).size).toBe(ids.length)
    const keys = [...actions, ...OTHER_KEYS].flatMap((entry) => entry.keys)
    expect(new Set(keys).size).toBe(keys.length)
    expect(ids).toEqual(expect.arrayContaining([...TOOLS]))
    expect(new Set(actions.map(({ group }) => group))).toEqual(new Set(GROUPS))
    expect(keys).toEqual(expect.arrayContaining(['V', 'Ctrl+Z', 'Ctrl+Shift+Z', 'Ctrl+Y', '?']))
  })

  test('[B46] on an empty board nothing that is denied would do anything', () => {
    const denied = actions.filter(({ enabled }) => enabled !== undefined && !enabled())
    const expected = ['undo', 'redo', 'edit-text', 'duplicate', 'delete', 'to-front', 'zoom-fit']
    expect(denied.map(({ id }) => id)).toEqual(expect.arrayContaining(expected))
    const before = [ada.state, ada.editor.camera.value]
    for (const { id } of denied) if (!id.startsWith('export')) run(id)
    expect([ada.state, ada.editor.camera.value]).toEqual(before)
  })

  test('[B46] a button is told when its action becomes possible', () => {
    const said: unknown[] = []
    const stop = effect(() => {
      said.push(['undo', 'redo', 'delete', 'export-png'].map((id) => action(id).enabled?.()))
    })
    const [id] = ada.add(box(0, 0))
    expect(said.at(-1)).toEqual([true, false, false, true])
    ada.select(id!)
    expect(said.at(-1)).toEqual([true, false, true, true])
    ada.board.history.undo()
    expect(said.at(-1)).toEqual([false, true, false, false])
    stop()
  })

  test('[B46] what is the page’s goes to the page', () => {
    const ids = ['share', 'new-board', 'export-png', 'export-svg', 'theme', 'figures', 'keys']
    for (const id of ids) run(id)
    expect(asked).toEqual([
      'share',
      'newBoard',
      'exportPng',
      'exportSvg',
      'switchTheme',
      'showFigures',
      'showKeys',
    ])
  })
})

describe('tools', () => {
  test('[B46] a tool that draws lets go of the selection and says its name', () => {
    const [id] = ada.add(box(0, 0))
    ada.select(id!)
    run('hand')
    expect(ada.selected).toEqual([id])
    expect(ada.editor.mouse.value).toBe('grab')
    run('pen')
    expect(ada.selected).toEqual([])
    expect(ada.editor.tool.value).toBe('pen')
    expect(ada.editor.announcement.value).toBe('Pen')
    expect(ada.editor.mouse.value).toBe('crosshair')
  })
})

describe('editing and arranging', () => {
  test('[B46] duplicate, delete, undo: each is one step, and the copies are selected', () => {
    const ids = ada.add(box(0, 0), box(200, 0))
    run('select-all')
    expect(ada.selected).toEqual(ids)
    expect(ada.editor.announcement.value).toBe('2 shapes selected')
    run('duplicate')
    expect(ada.selected).toHaveLength(2)
    expect(ada.shapes.map(({ at }) => at)).toContainEqual([216, 16])
    run('delete')
    expect(ada.board.count).toBe(2)
    expect(ada.editor.announcement.value).toBe('2 shapes deleted')
    run('undo')
    expect(ada.board.count).toBe(4)
    run('undo')
    expect(ada.board.count).toBe(2)
    run('redo')
    expect(ada.board.count).toBe(4)
  })

  test('[B46] up and down the pile', () => {
    const ids = ada.add(box(0, 0), box(10, 10), box(20, 20))
    const pile = () => ada.shapes.map(({ id }) => ids.indexOf(id))
    ada.select(ids[0]!)
    run('to-front')
    expect(pile()).toEqual([1, 2, 0])
    run('backward')
    expect(pile()).toEqual([1, 0, 2])
    run('to-back')
    expect(pile()).toEqual([0, 1, 2])
    run('forward')
    expect(pile()).toEqual([1, 0, 2])
    expect(ada.editor.announcement.value).toBe('Rectangle brought forward')
  })

  test('[B44] Enter opens the only selected text or note', () => {
    const [note, other] = ada.add(words('note', 0, 0, 'Milk'), box(300, 0))
    const { enabled } = action('edit-text')
    ada.select(other!)
    expect(enabled?.()).toBe(false)
    ada.select(note!, other!)
    expect(enabled?.()).toBe(false)
    ada.select(note!)
    expect(enabled?.()).toBe(true)
    run('edit-text')
    expect(ada.editor.editing.value).toBe(note)
  })

  test('arrows move what is selected, and nothing if there is nothing', () => {
    const [first, second] = ada.add(box(0, 0), box(200, 0))
    nudge(ada.editor, [1, 0])
    ada.select(first!)
    nudge(ada.editor, [10, -1])
    expect(ada.board.get(first!)).toMatchObject({ at: [10, -1], size: [100, 100] })
    expect(ada.board.get(second!)?.at).toEqual([200, 0])
  })
})

describe('zoom', () => {
  const zoom = () => ada.editor.camera.value.zoom
  const centre = () => toBoard([500, 400], ada.editor.camera.value)

  test('[B46] keeps the centre, leads over 100 %, and ends at 10 and 3,000 %', () => {
    ada.editor.camera.value = { x: 30, y: -70, zoom: 1 }
    const before = centre()
    for (let step = 0; step < 30; step += 1) run('zoom-in')
    expect(zoom()).toBe(30)
    const passed: number[] = []
    for (let step = 0; step < 40; step += 1) {
      run('zoom-out')
      passed.push(zoom())
    }
    expect(passed).toContain(1)
    expect(zoom()).toBe(0.1)
    run('zoom-in')
    expect(zoom()).toBeGreaterThan(0.1)
    run('zoom-100')
    expect(zoom()).toBe(1)
    expect(ada.editor.announcement.value).toBe('100 %')
    expect(centre()[0]).toBeCloseTo(before[0], 6)
    expect(centre()[1]).toBeCloseTo(before[1], 6)
  })

  test('[B46] shows everything, or the selection, in the middle', () => {
    const [, far] = ada.add(box(0, 0), box(5_000, 0))
    run('zoom-fit')
    expect(zoom()).toBeLessThan(0.2)
    expect(centre()[0]).toBeCloseTo(2_550, 0)
    ada.select(far!)
    run('zoom-selection')
    expect(zoom()).toBe(1)
    expect(centre()).toEqual([5_050, 50])
  })
})
