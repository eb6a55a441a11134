import { bindName } from '../../person/name-field.ts'
import { avatar } from './avatar.ts'
import type { Peer } from './peer.ts'
import type { People, Status } from './people.ts'

/** Beyond so many a list tells nobody anything: the rest is a number. */
const MOST_ROWS = 50
/** Between the list and the edge of the window, and the bar of its button, in CSS pixels. */
const GAP = 8
const GAP_TO_BAR = 12

const STATUS: Record<Status, string> = {
  drawing: 'Drawing',
  moving: 'Moving things',
  idle: 'Idle',
  here: '',
}

interface Row {
  readonly element: HTMLLIElement
  show(peer: Peer): void
}

/** The list of everybody, which opens over the board. The first is this person, whose name is a field. */
export class PeopleList {
  readonly element = document.createElement('div')
  readonly #people: People
  readonly #title = document.createElement('h2')
  readonly #own = avatar()
  readonly #name = document.createElement('input')
  readonly #showName: () => void
  readonly #list = document.createElement('ul')
  readonly #rest = document.createElement('p')
  readonly #rows = new Map<number, Row>()

  constructor(people: People) {
    this.#people = people
    this.element.className = 'people-list'
    this.element.popover = 'auto'
    this.element.role = 'dialog'
    this.#title.id = 'people-title'
    this.element.setAttribute('aria-labelledby', this.#title.id)

    const name = this.#name
    name.dir = 'auto'
    name.autocomplete = 'off'
    name.spellcheck = false
    name.enterKeyHint = 'done'
    name.ariaLabel = 'Your name, shown to everybody here'
    this.#showName = bindName(
      name,
      (typed) => people.rename(typed),
      () => people.me.peek().name,
    )
    // Escape takes the edit back; the next one closes the list.
    name.addEventListener('keydown', (event) => {
      if (event.key === 'Escape') event.preventDefault()
      event.stopPropagation()
    })
    const you = document.createElement('span')
    you.className = 'you-word'
    you.ariaHidden = 'true'
    you.textContent = 'you'
    const own = document.createElement('div')
    own.className = 'row own'
    own.append(this.#own.element, name, you)

    this.#list.setAttribute('aria-labelledby', this.#title.id)
    this.#rest.className = 'rest'
    this.element.append(this.#title, own, this.#list, this.#rest)
  }

  /** Shows everything as it is now; nothing while the list is closed. */
  show(): void {
    const { peers, unseen, me, isLive } = this.#people
    const person = me.peek()
    this.#own.show(person.name, person.colour)
    if (document.activeElement !== this.#name) this.#showName()
    const all = peers.peek()
    const shown = all.slice(0, MOST_ROWS)
    const here = new Set(shown.map(({ client }) => client))
    for (const [client, row] of this.#rows) {
      if (here.has(client)) continue
      row.element.remove()
      this.#rows.delete(client)
    }
    shown.forEach((peer, place) => {
      const row = this.#rows.get(peer.client) ?? rowOf(this.#people, peer.client)
      this.#rows.set(peer.client, row)
      row.show(peer)
      const next = this.#list.children[place]
      if (next !== row.element) this.#list.insertBefore(row.element, next ?? null)
    })
    this.#list.hidden = shown.length === 0
    const others = all.length + unseen.peek()
    set(this.#title, others === 0 ? 'You are here' : `${others + 1} people here`)
    set(this.#rest, restOf(others, shown.length, isLive.peek()))
    this.#rest.hidden = this.#rest.textContent === ''
  }

  /** Stands below the button that opened it, within the window. */
  standBelow(opener: HTMLElement): void {
    const { bottom, right } = opener.getBoundingClientRect()
    const { clientWidth } = document.documentElement
    const most = clientWidth - this.element.offsetWidth - GAP
    this.element.style.top = `${bottom + GAP_TO_BAR}px`
    this.element.style.right = `${Math.max(GAP, Math.min(most, clientWidth - right))}px`
  }
}

function restOf(others: number, shown: number, isLive: boolean): string {
  if (others > shown) return `and ${others - shown} more`
  if (others > 0) return ''
  return isLive
    ? 'Nobody else yet. Share the link to draw together.'
    : 'Nobody else in sight until the server is back.'
}

function rowOf(people: People, client: number): Row {
  const element = document.createElement('li')
  element.className = 'row'
  const picture = avatar()
  const words = document.createElement('span')
  words.className = 'who'
  const name = document.createElement('span')
  name.className = 'name'
  name.dir = 'auto'
  const status = document.createElement('span')
  status.className = 'status'
  words.append(name, status)
  const goTo = button('Go to', () => people.goTo(client))
  const follow = button('Follow', () => {
    people.follow(people.following.peek() === client ? null : client)
  })
  element.append(picture.element, words, goTo, follow)
  return {
    element,
    show(peer) {
      picture.show(peer.name, peer.colour)
      set(name, peer.name)
      set(status, statusOf(people, client))
      element.dataset.status = people.statusOf(client)
      const isFollowed = people.following.peek() === client
      set(follow, isFollowed ? 'Following' : 'Follow')
      follow.ariaPressed = String(isFollowed)
      // Not `disabled`: who tabs through the list should not lose the place when somebody's view comes.
      label(goTo, `Go to ${peer.name}`)
      label(follow, `Follow ${peer.name}`)
      goTo.hidden = people.placeOf(client) === null
      follow.hidden = peer.view === null
    },
  }
}

function statusOf(people: People, client: number): string {
  const isFollower = people.leaderOf(client) === people.own
  const parts = [STATUS[people.statusOf(client)], isFollower ? 'Follows you' : '']
  return parts.filter((part) => part !== '').join(' · ')
}

function button(text: string, act: () => void): HTMLButtonElement {
  const element = document.createElement('button')
  element.type = 'button'
  element.textContent = text
  element.addEventListener('click', act)
  return element
}

function label(element: HTMLElement, text: string): void {
  if (element.ariaLabel !== text) element.ariaLabel = text
}

function set(element: HTMLElement, text: string): void {
  if (element.textContent !== text) element.textContent = text
}
