import { describe, expect } from 'vitest'
import { Artist, company, type Spot } from '../browser/artist.ts'
import { BoardReader } from '../browser/board-reader.ts'
import { withoutChromium } from '../browser/chromium.ts'
import { compareScenes, marks, sees } from '../browser/peep.ts'
import { savedFrom } from '../browser/saved-file.ts'
import { ownStageTest } from '../support/stage.ts'

describe.skipIf(withoutChromium)('a board whose server is killed', () => {
  ownStageTest(
    '[B74] [B96] all of it is there again, and what was drawn meanwhile',
    async (stage) => {
      const server = await stage.start()
      const id = stage.entity()
      const [ann, bob] = (await company(stage, id, 'Ann', 'Bob')) as [Artist, Artist]
      await box(ann, [200, 150])
      await sees(bob, 'scene', [200, 180])
      await ann.says('Saved')

      // Ann has the pen down while it happens, and draws on.
      await ann.press('P')
      await ann.hold([
        [300, 400],
        [400, 420],
      ])
      await sees(bob, 'live', [350, 410])
      await server.kill()
      await Promise.all([ann.is('Offline'), bob.is('Offline')])
      expect(await bob.words('#note > p')).toContain('Draw on')
      await ann.moveTo([500, 440])
      await box(bob, [500, 150])
      await sees(bob, 'scene', [500, 180])
      await bob.until('it is said that it waits', async () => {
        return / kept in this browser until the server is back\.$/.test(
          await bob.words('#note > p'),
        )
      })
      expect(await marks(ann, 'scene', [500, 180])).toBe(0)

      await stage.restart('kill')
      await Promise.all([ann.is('Live'), bob.is('Live')])
      await sees(ann, 'scene', [500, 180])
      await sees(bob, 'live', [450, 430])
      await ann.moveTo([600, 460])
      await ann.lift()
      await sees(bob, 'scene', [550, 450])
      await sees(bob, 'live', [550, 450], { no: true })
      await sees(ann, 'scene', [550, 450])
      await sees(ann, 'live', [550, 450], { no: true })
      await Promise.all([ann.says('Saved'), bob.says('Saved')])
      expect((await compareScenes(ann, bob)).differ).toBe(0)
      const before = await pictureOf(ann)

      // Once more, with nobody who could bring anything back.
      await stage.server.kill()
      await Promise.all([ann.leave(), bob.leave()])
      await stage.restart('kill')
      const reader = await BoardReader.open(stage, id)
      expect(reader.kinds().split(',').sort()).toEqual(['pen', 'rectangle', 'rectangle'])
      expect([...reader.board.live.strokes()]).toEqual([])
      const late = await Artist.arrive(stage, id)
      await late.is('Live')
      expect(await pictureOf(late)).toBe(before)
    },
    {},
  )
})

async function box(artist: Artist, [x, y]: Spot): Promise<void> {
  await artist.press('R')
  await artist.draw([
    [x, y],
    [x + 100, y + 60],
  ])
}

/** Of everything on the board, as exact as the board itself. */
async function pictureOf(artist: Artist): Promise<string> {
  await artist.press('Escape')
  return (await savedFrom(artist, 'SVG')).bytes.toString()
}
