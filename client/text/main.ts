import { WebsocketProvider } from 'y-websocket'
import * as Y from 'yjs'
import { TributaryError } from '../../src/core/errors.ts'
import type { EntityId } from '../../src/core/ids.ts'
import { TextBinding } from '../field/text-binding.ts'
import { doorOf } from '../link/door.ts'
import { type LinkState, watchLink } from '../link/link-state.ts'
import { ownToken } from '../link/own-token.ts'
import { type SaveState, watchSaved } from '../link/saved.ts'
import { entityOfHash, linkTo } from './entity-link.ts'
import { showOwnName } from './own-name.ts'
import { showPeople } from './people.ts'
import { showState } from './pill.ts'

/*
 * A shared text and the people in it, on stock y-websocket. `entity-link.ts` reads from the address
 * which text; `text-binding.ts` keeps the field and the text the same, with the arithmetic of edits
 * in `splice.ts`; `people.ts` and `own-name.ts` show who is there; `link-state.ts` and `saved.ts`
 * watch the link, and `pill.ts` says it in words.
 */

const field = byId('text', HTMLTextAreaElement)
const pill = byId('pill', HTMLElement)
const note = byId('note', HTMLElement)

const id = entityOfLink()
if (id !== null) enter(id)
// Another entity is another document, another socket, another undo: simplest from a fresh start.
addEventListener('hashchange', () => location.reload())

function entityOfLink(): EntityId | null {
  try {
    return entityOfHash(location.hash)
  } catch (error) {
    byId('entity', HTMLElement).textContent = 'This link names no entity'
    document.body.classList.add('nowhere')
    showState(pill, note, { is: 'refused', reason: TributaryError.from(error).message }, 'saved')
    return null
  }
}

function enter(id: EntityId): void {
  byId('entity', HTMLElement).textContent = id
  document.title = `${id} · Tributary`
  showLink(linkTo(id, location.href))

  const doc = new Y.Doc()
  // The pages lie around this one's folder, and the door beside them.
  const door = doorOf(new URL('..', document.baseURI).href)
  const provider = new WebsocketProvider(door, id, doc, {
    connect: false,
    // Two tabs of one browser would find each other without any server, which proves nothing.
    disableBc: true,
    params: ownToken(location.search),
  })

  const own = byId('you', HTMLLIElement)
  showOwnName(own, provider.awareness)
  const peopleAreLive = showPeople(own, byId('count', HTMLElement), provider.awareness)

  let link: LinkState = { is: 'connecting' }
  let saved: SaveState = 'saved'
  watchLink(provider, (state) => {
    link = state
    // Not `disabled`: what cannot be sent any more can still be copied.
    field.readOnly = state.is === 'refused'
    peopleAreLive(state.is === 'live')
    showState(pill, note, link, saved)
  })
  watchSaved(provider, (state) => {
    saved = state
    showState(pill, note, link, saved)
  })
  addEventListener('beforeunload', (event) => {
    if (saved !== 'saved') event.preventDefault()
  })

  new TextBinding(field, doc.getText('text'))
  provider.connect()
}

function showLink(link: string): void {
  const line = byId('link', HTMLInputElement)
  const copy = byId('copy', HTMLButtonElement)
  const label = copy.textContent
  line.value = link
  line.addEventListener('focus', () => line.select())
  copy.addEventListener('click', async () => {
    try {
      await navigator.clipboard.writeText(link)
      copy.textContent = 'Copied'
      setTimeout(() => {
        copy.textContent = label
      }, 2_000)
    } catch {
      // Outside of https and localhost a page may not write the clipboard: the rest is one key.
      line.focus()
    }
  })
}

function byId<E extends HTMLElement>(id: string, kind: abstract new () => E): E {
  const element = document.getElementById(id)
  if (!(element instanceof kind)) throw new TypeError(`the page has no ${kind.name} #${id}`)
  return element
}
