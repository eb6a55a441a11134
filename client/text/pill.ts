import type { LinkState } from '../link/link-state.ts'
import type { SaveState } from '../link/saved.ts'

const WORDS: Record<LinkState['is'], string> = {
  connecting: 'Connecting',
  live: 'Live',
  offline: 'Offline',
  refused: 'Refused',
}

const LIVE: Record<SaveState, string> = {
  saved: 'Saved on the server',
  unsaved: 'Saving',
  refused: 'The server does not take your changes: they are on this page only',
}

/**
 * The state of the link as one word in a pill, and what that means for your text as a sentence. The
 * pill is a live region, the sentence is not: "Saving, saved" after every word would drown the text.
 */
export function showState(
  pill: HTMLElement,
  note: HTMLElement,
  link: LinkState,
  saved: SaveState,
): void {
  pill.dataset.state = link.is
  // Writing the same word again would have it read aloud again.
  if (pill.textContent !== WORDS[link.is]) pill.textContent = WORDS[link.is]
  note.textContent = sentence(link, saved)
}

function sentence(link: LinkState, saved: SaveState): string {
  if (link.is === 'refused') return link.reason
  if (link.is === 'live') return LIVE[saved]
  if (saved !== 'saved') return 'Your changes wait here until the server is back'
  return link.is === 'offline' ? 'Keep writing until the server is back' : ''
}
