import type { LinkState, Status } from '../../provider/status.ts'

/** How the board stands with the server, in words. */
export interface PillWords {
  /** The link, in the pill. */
  readonly word: string
  /** What has become of the changes, beside it; empty while nobody can know. */
  readonly saved: string
  /** A sentence for when something is not as it should be; else empty. */
  readonly note: string
}

const LINK = {
  connecting: 'Connecting',
  online: 'Live',
  offline: 'Offline',
  'needs-auth': 'Sign in',
  denied: 'Refused',
} as const satisfies Record<LinkState['is'], string>

export function pillWords(status: Status): PillWords {
  return { word: LINK[status.link.is], saved: savedWord(status), note: note(status) }
}

function savedWord({ save, pending, tier }: Status): string {
  switch (save.is) {
    case 'saved':
      // Of a page that nobody has changed and no server has spoken to there is nothing to say.
      return tier === null ? '' : 'Saved'
    case 'saving':
      return 'Saving…'
    case 'local':
      return `${changes(pending)} ${save.device ? 'kept here' : 'not kept'}`
    case 'rejected':
      return 'Not saved'
  }
}

function note(status: Status): string {
  const { link, save, may, storageTrouble } = status
  if (link.is === 'denied' || link.is === 'needs-auth') {
    return sentences(link.reason, save.is === 'local' ? waiting(status, 'meanwhile') : '')
  }
  if (save.is === 'rejected') {
    return sentences('The server did not take some of what you changed', save.reason)
  }
  if (save.is === 'local') return sentences(waiting(status, 'until the server is back'))
  if (link.is === 'offline') {
    return storageTrouble === null
      ? 'Draw on: it goes out when the server is back.'
      : sentences('Draw on, and keep this page open until the server is back', storageTrouble)
  }
  if (storageTrouble !== null) return sentences(storageTrouble)
  return may === 'read' ? 'You may look at this board, and not change it.' : ''
}

function waiting({ save, pending, storageTrouble }: Status, end: string): string {
  const many = `${changes(pending)} ${pending === 1 ? 'is' : 'are'}`
  if (save.is === 'local' && save.device) return `${many} kept in this browser ${end}`
  return sentences(`${many} on this page only: keep it open ${end}`, storageTrouble ?? '')
}

const changes = (count: number): string => (count === 1 ? '1 change' : `${count} changes`)

/** Each with a capital and its full stop. Reasons of errors come without either. */
function sentences(...parts: readonly string[]): string {
  return parts
    .filter((part) => part !== '')
    .map((part) => part.charAt(0).toUpperCase() + part.slice(1))
    .map((part) => (/[.!?…]$/.test(part) ? part : `${part}.`))
    .join(' ')
}
