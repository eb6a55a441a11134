import type { LinkState } from '../../link/link-state.ts'
import type { SaveState } from '../../link/saved.ts'

/** How the board stands with the server, in words. */
export interface PillWords {
  /** One word, in the pill. */
  readonly word: string
  /** Beside it; empty while nobody can know. */
  readonly saved: string
  /** A sentence for when something is not as it should be; else empty. */
  readonly note: string
}

const LIVE: Record<SaveState, Omit<PillWords, 'word'>> = {
  saved: { saved: 'Saved', note: '' },
  unsaved: { saved: 'Saving', note: '' },
  refused: {
    saved: 'Not saved',
    note: 'The server does not take what you change: it is on this page only.',
  },
}

export function pillWords(link: LinkState, saved: SaveState): PillWords {
  switch (link.is) {
    case 'connecting':
      return { word: 'Connecting', saved: '', note: '' }
    case 'live':
      return { word: 'Live', ...LIVE[saved] }
    case 'offline':
      return {
        word: 'Offline',
        saved: '',
        note:
          saved === 'saved'
            ? 'Draw on: it goes out when the server is back.'
            : 'What you have drawn waits here until the server is back.',
      }
    case 'refused':
      return { word: 'Refused', saved: '', note: link.reason }
  }
}
