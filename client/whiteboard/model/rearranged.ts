import type { Place } from './board.ts'
import type { Piled } from './order.ts'
import type { ShapeId } from './shape.ts'

/**
 * The pile, from the bottom up, after some of it went elsewhere; these keep their order among each
 * other. One step forward is above the next that stays. `null` if nothing would change.
 */
export function rearranged<Item extends Piled>(
  pile: readonly Item[],
  moved: ReadonlySet<ShapeId>,
  place: Place,
): Item[] | null {
  const after = arrange([...pile], moved, place)
  return after.every((item, at) => item === pile[at]) ? null : after
}

function arrange<Item extends Piled>(
  pile: Item[],
  moved: ReadonlySet<ShapeId>,
  place: Place,
): Item[] {
  const goes = ({ id }: Item) => moved.has(id)
  const stays = ({ id }: Item) => !moved.has(id)
  switch (place) {
    case 'front':
      return [...pile.filter(stays), ...pile.filter(goes)]
    case 'back':
      return [...pile.filter(goes), ...pile.filter(stays)]
    case 'forward':
      return arrange(pile.reverse(), moved, 'backward').reverse()
    case 'backward':
      for (let at = 1; at < pile.length; at += 1) {
        const [below, item] = pile.slice(at - 1, at + 1)
        if (below === undefined || item === undefined || !goes(item) || goes(below)) continue
        pile[at - 1] = item
        pile[at] = below
      }
      return pile
  }
}
