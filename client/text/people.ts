import type { Awareness } from 'y-protocols/awareness'
import { personOf } from '../person/person.ts'

/** Beyond so many a list tells nobody anything: the rest is a number. */
const MOST_SHOWN = 50
/** A server that comes back brings everybody back within one of these, in ms. */
const PACE_MS = 100

const names = new Intl.Collator()

/**
 * The list of who is there: your own entry, which is there already, then the others by name.
 *
 * @param own - Your own entry, the first child of the list.
 * @param count - Where the number of people is told.
 * @returns To be called with whether the link is live: without it nobody knows who else is there.
 */
export function showPeople(
  own: HTMLLIElement,
  count: HTMLElement,
  awareness: Awareness,
): (live: boolean) => void {
  let isLive = false
  const show = () => {
    const others = [...awareness.getStates()]
      .filter(([client]) => client !== awareness.clientID)
      .map(([client, state]) => ({ client, ...personOf(state, client) }))
      .sort((a, b) => names.compare(a.name, b.name) || a.client - b.client)
    const entries = others.slice(0, MOST_SHOWN).map(({ name, colour }) => {
      const entry = document.createElement('li')
      entry.className = 'person'
      entry.dataset.colour = String(colour)
      entry.textContent = name
      return entry
    })
    // Your own entry stays where it is: moving it would take the focus out of your name.
    while (own.nextSibling !== null) own.nextSibling.remove()
    own.after(...entries)
    count.textContent = isLive ? sentence(others.length, entries.length) : 'Nobody else in sight'
  }

  let timer: ReturnType<typeof setTimeout> | undefined
  awareness.on('change', () => {
    if (timer !== undefined) return
    timer = setTimeout(() => {
      timer = undefined
      show()
    }, PACE_MS)
  })
  show()
  return (live) => {
    isLive = live
    show()
  }
}

function sentence(others: number, shown: number): string {
  if (others === 0) return 'Only you are here'
  const here = `${others + 1} people here`
  return shown === others ? here : `${here}, ${shown + 1} of them shown`
}
