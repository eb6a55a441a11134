import { effect } from '@preact/signals-core'
import { avatar } from './avatar.ts'
import type { Peer } from './peer.ts'
import type { People } from './people.ts'
import { PeopleList } from './people-list.ts'

/** So many of the others stand on the bar; all of them in the list behind it. */
const MOST_CHIPS = { wide: 5, narrow: 2 }
/** People come, go and change in bursts; the bar follows at most this often, in ms. */
const PACE_MS = 150

/**
 * Who is here: the others as chips that follow them, and this person as the button that opens the
 * list of all.
 *
 * @param root - An empty element on the bar.
 * @returns The way out.
 */
export function showPeople(root: HTMLElement, people: People): () => void {
  const narrow = matchMedia('(max-width: 40rem)')
  const chips = document.createElement('div')
  chips.className = 'chips'
  const list = new PeopleList(people)
  const opener = document.createElement('button')
  opener.type = 'button'
  opener.className = 'opener'
  opener.setAttribute('aria-haspopup', 'dialog')
  opener.popoverTargetElement = list.element
  const more = document.createElement('span')
  more.className = 'more'
  const own = avatar()
  opener.append(more, own.element)
  root.classList.add('company-here')
  root.role = 'group'
  root.ariaLabel = 'People'
  root.append(chips, opener, list.element)

  const shown = new Map<number, Chip>()
  const show = () => {
    const peers = people.peers.peek()
    const standing = peers.slice(0, narrow.matches ? MOST_CHIPS.narrow : MOST_CHIPS.wide)
    const here = new Set(standing.map(({ client }) => client))
    for (const [client, chip] of shown) {
      if (here.has(client)) continue
      chip.element.remove()
      shown.delete(client)
    }
    standing.forEach((peer, place) => {
      const chip = shown.get(peer.client) ?? chipOf(people, peer.client)
      shown.set(peer.client, chip)
      chip.show(peer)
      if (chips.children[place] !== chip.element)
        chips.insertBefore(chip.element, chips.children[place] ?? null)
    })
    const others = peers.length + people.unseen.peek()
    const rest = others - standing.length
    more.hidden = rest === 0
    // Shown by the stylesheet, as initials are.
    more.dataset.rest = `+${rest}`
    const me = people.me.peek()
    own.show(me.name, me.colour)
    const words = `${sentence(others, people.isLive.peek())}. You are ${me.name}`
    if (opener.ariaLabel !== words) {
      opener.ariaLabel = words
      opener.title = words
    }
    list.show()
  }

  let timer: ReturnType<typeof setTimeout> | undefined
  const showSoon = () => {
    timer ??= setTimeout(() => {
      timer = undefined
      show()
    }, PACE_MS)
  }
  show()
  const stop = effect(() => {
    // `moved` too: who fades or begins to draw says so by that alone.
    for (const signal of [people.peers, people.unseen, people.moved, people.me]) signal.value
    for (const signal of [people.following, people.isLive]) signal.value
    showSoon()
  })
  narrow.addEventListener('change', showSoon)
  list.element.addEventListener('beforetoggle', show)
  // Where the button is: nothing else of it is known to the top layer.
  list.element.addEventListener('toggle', () => list.standBelow(opener))
  return () => {
    stop()
    clearTimeout(timer)
    narrow.removeEventListener('change', showSoon)
    root.replaceChildren()
  }
}

interface Chip {
  readonly element: HTMLElement
  show(peer: Peer): void
}

function chipOf(people: People, client: number): Chip {
  const element = document.createElement('button')
  element.type = 'button'
  element.className = 'chip'
  const picture = avatar()
  element.append(picture.element)
  element.addEventListener('click', () => {
    people.follow(people.following.peek() === client ? null : client)
  })
  // A press by hand leaves the focus on the board, where the keys are.
  element.addEventListener('mousedown', (event) => event.preventDefault())
  return {
    element,
    show({ name, colour }) {
      picture.show(name, colour)
      const isFollowed = people.following.peek() === client
      element.ariaPressed = String(isFollowed)
      element.dataset.status = people.statusOf(client)
      const words = `Follow ${name}`
      if (element.ariaLabel !== words) {
        element.ariaLabel = words
        element.title = words
      }
    },
  }
}

function sentence(others: number, isLive: boolean): string {
  if (!isLive) return 'Nobody else in sight'
  return others === 0 ? 'Only you are here' : `${others + 1} people here`
}
