import { expect, test } from 'vitest'
import { endEditing } from '../../../client/whiteboard/editor/editing.ts'
import { TOOLS } from '../../../client/whiteboard/editor/editor.ts'
import type { Point } from '../../../client/whiteboard/geometry/point.ts'
import type { Gesture } from '../../../client/whiteboard/tools/tool.ts'
import { Seeded, seedOfRun } from '../../support/seeded.ts'
import { Drawer } from './drawer.ts'

/** Random gestures of two people at once, with undo and removals in the middle of them. */
test('[B37] [B42] [B45] two people at once: no gesture breaks or leaves a trace', () => {
  const random = new Seeded(seedOfRun())
  const message = `SEED=${random.seed}`
  const people = [new Drawer(), new Drawer()] as const
  people[0].meet(people[1])
  const gestures: (Gesture | null)[] = [null, null]

  const place = (): Point => [random.int(0, 600), random.int(0, 400)]
  const begin = (who: number) => {
    const held = {
      shift: random.chance(0.3),
      alt: random.chance(0.2),
      clicks: random.chance(0.2) ? 2 : 1,
    }
    // Selecting is most of what can go wrong.
    const tool = random.chance(0.5) ? 'select' : random.pick(TOOLS)
    gestures[who] = people[who]!.down(tool, place(), held)
  }
  const end = (who: number) => {
    const person = people[who]!
    if (random.chance(0.2)) gestures[who]?.cancel()
    else gestures[who]?.up(person.press(place(), { shift: random.chance(0.3) }))
    gestures[who] = null
    const { draft, stretch, marquee, erasing, selection } = person.editor
    expect([draft.value, stretch.value, marquee.value], message).toEqual([null, null, null])
    expect(erasing.value.size, message).toBe(0)
    for (const id of selection.value) expect(person.board.get(id), message).not.toBeNull()
  }
  const disturb = (who: number) => {
    const { board, shapes, editor } = people[who]!
    const some = shapes.filter(() => random.chance(0.3)).map(({ id }) => id)
    const doings = [
      () => board.remove(some),
      () => board.history.undo(),
      () => board.history.redo(),
      () => board.reorder(some, 'front'),
      () => endEditing(editor),
      () => {
        editor.selection.value = new Set(some)
      },
    ]
    random.pick(doings)()
  }

  for (let step = 0; step < 2_000; step += 1) {
    const who = random.int(0, 1)
    if (gestures[who] === null) random.chance(0.3) ? disturb(who) : begin(who)
    else if (random.chance(0.6)) gestures[who]?.move([people[who]!.press(place())])
    else if (random.chance(0.3)) disturb(who)
    else end(who)
  }
  end(0)
  end(1)
  for (const person of people) endEditing(person.editor)
  expect(people[0].shapes, message).toEqual(people[1].shapes)
  expect([...people[0].board.live.strokes()], message).toEqual([])
  for (const person of people) person.close()
})
