import { DEFAULT_LIMITS, DEFAULT_PACES } from '../../src/core/limits.ts'
import type { Seeded } from './seeded.ts'
import type { ClientNature } from './sim-client.ts'
import type { LinkNature } from './sim-network.ts'
import type { NodeNature } from './sim-node.ts'
import type { StoreNature } from './sim-store.ts'

/** The world of one run: everything that a seed decides before anything happens. */
export interface Nature {
  readonly node: NodeNature
  readonly store: StoreNature
  readonly delay: LinkNature['delay']
  /** Shares of connections: of those that take bytes slowly, and of those on which all takes long. */
  readonly slow: number
  readonly far: number
  /** Milliseconds until a client comes back, on average. */
  readonly away: number
  /** Milliseconds that a message takes from tab to tab, at most. */
  readonly betweenTabs: number
  /** Tabs by browser: those of one browser speak to each other. */
  readonly browsers: readonly (readonly ClientNature[])[]
  /** Edits of all clients together: so many with cuts and restarts, then so many without. */
  readonly edits: { readonly wild: number; readonly calm: number }
  /** Milliseconds between two acts of one client, on average. */
  readonly pause: number
  /** Milliseconds between two troubles, on average. */
  readonly peace: number
  /** Snapshots are sent in pieces, which wait at the client for the last one. */
  readonly pieces: boolean
}

const SLOW_BYTES_PER_MS = [0.1, 0.4, 2] as const
const FAST_BYTES_PER_MS = 1e6

export function drawNature(random: Seeded): Nature {
  const least = random.pick([0.5, 4, 30])
  return {
    node: drawNode(random),
    store: {
      delay: random.pick([0, 5, 60]),
      failing: random.pick([0, 0, 0.2]),
      unanswered: random.pick([0, 0, 0.15]),
    },
    delay: { least, most: least * random.pick([1, 3, 10]) },
    slow: random.pick([0, 0.3, 0.7]),
    far: random.pick([0, 0.3]),
    away: random.pick([30, 300, 2_000]),
    betweenTabs: random.pick([2, 30, 200]),
    browsers: drawBrowsers(random),
    edits: { wild: random.int(10, 60), calm: random.int(10, 60) },
    pause: random.pick([4, 20, 80]),
    peace: random.pick([20, 100, 400]),
    pieces: false,
  }
}

/** Limits so small that what they bound happens all the time. */
function drawNode(random: Seeded): NodeNature {
  const isHurried = random.chance(0.15)
  return {
    limits: {
      ...DEFAULT_LIMITS,
      updateBytes: random.chance(0.1) ? 80 : DEFAULT_LIMITS.updateBytes,
      outboxSoftBytes: random.pick([40, 150, 600, 256 * 1024]),
      outboxHardBytes: random.pick([1, 300, 64 * 1024 * 1024]),
      sessionMessages: isHurried ? 30 : DEFAULT_LIMITS.sessionMessages,
      sessionMessagesBurst: isHurried ? 10 : DEFAULT_LIMITS.sessionMessagesBurst,
      sessionNewClients: random.pick([120, 120, 60]),
    },
    paces: {
      ...DEFAULT_PACES,
      tick: random.pick([4, 16, 60]),
      idle: random.pick([20, 200, 30_000]),
      compactEntries: random.pick([2, 8, 30, 500]),
      compactBytes: random.pick([200, 4_000, 256 * 1024]),
      compactQuiet: random.pick([400, 60_000]),
      cacheBytes: random.pick([1, 512 * 1024 * 1024]),
      // A slow client may take long to answer, and none is to be sent away here.
      ask: 3_600_000,
    },
    gc: random.chance(0.8),
    echo: random.chance(0.2),
    compaction: random.pick([0, 20, 200]),
  }
}

function drawBrowsers(random: Seeded): ClientNature[][] {
  const browsers: ClientNature[][] = []
  for (let left = random.int(2, 6); left > 0; left--) {
    const tab: ClientNature = {
      gc: random.chance(0.75),
      undo: random.chance(0.5),
      relays: random.chance(0.15),
      hidden: random.chance(0.15),
    }
    if (browsers.length > 0 && random.chance(0.4)) random.pick(browsers).push(tab)
    else browsers.push([tab])
  }
  // Of a hidden tab the first that is heard may be an echo about its sibling, and is taken for itself.
  return browsers.map((tabs) => tabs.map((tab) => ({ ...tab, hidden: tab.hidden && !tabs[1] })))
}

/** Each connection of a client may be another. */
export function drawLink(random: Seeded, { delay, slow, far }: Nature): LinkNature {
  const times = random.chance(far) ? 20 : 1
  return {
    delay: { least: delay.least * times, most: delay.most * times },
    bytesPerMs: random.chance(slow) ? random.pick(SLOW_BYTES_PER_MS) : FAST_BYTES_PER_MS,
  }
}

/** Fast, reliable and empty: for tests that bring about one thing themselves. */
export const CALM: Nature = {
  node: {
    limits: DEFAULT_LIMITS,
    paces: DEFAULT_PACES,
    gc: true,
    echo: false,
    compaction: 1,
  },
  store: { delay: 2, failing: 0, unanswered: 0 },
  delay: { least: 1, most: 2 },
  slow: 0,
  far: 0,
  away: 10,
  betweenTabs: 2,
  browsers: [],
  edits: { wild: 0, calm: 0 },
  pause: 10,
  peace: 1_000,
  pieces: false,
}

export const ALONE: ClientNature = { gc: true, undo: false, relays: false, hidden: false }
