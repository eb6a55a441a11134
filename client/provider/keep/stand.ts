import { placeOf } from '../../../src/core/position.ts'

/**
 * Where what is kept stands in the server's log. An update is behind it, received and perhaps in no
 * log, when it lies above the floor and above where the tab that kept it has stood.
 */
export interface Stand {
  readonly position: string
  readonly floor: number
  /** The last that each tab had kept when it stood, where that is above the floor. */
  readonly stood: Readonly<Record<string, number>>
  /** Counts acknowledgements. */
  readonly clock: number
  /** Which tabs were acknowledged something since they stood, and at what `clock` last. */
  readonly late: Readonly<Record<string, number>>
}

export const NOWHERE: Stand = { position: '', floor: 0, stood: {}, clock: 0, late: {} }

/** How far a tab knows what is kept. */
export interface Knows {
  readonly tab: string
  /** The last id and the clock when it loaded: it vouches for all up to there. */
  readonly loaded: number
  readonly clock: number
  /** The last that it has kept: it vouches for its own up to it. */
  readonly kept: number
}

/** A tab says where it stands, and that more may be here. */
export const passing = (stand: Stand, at: string, tab: string): Stand => ({
  ...acknowledging(stand, tab),
  position: laterOf(stand.position, at),
})

/** A tab says that what it has loaded and kept is in the log at or below a position. */
export function standing(stand: Stand, at: string, { tab, loaded, clock, kept }: Knows): Stand {
  const floor = Math.max(stand.floor, loaded)
  const { [tab]: own, ...others } = stand.late
  return {
    position: laterOf(stand.position, at),
    floor,
    stood: above(floor, { ...stand.stood, [tab]: kept }),
    clock: stand.clock,
    late: above(clock, others),
  }
}

/** A tab was acknowledged something: that lies behind the position, wherever it was kept. */
export const acknowledging = (stand: Stand, tab: string): Stand => ({
  ...stand,
  clock: stand.clock + 1,
  late: { ...stand.late, [tab]: stand.clock + 1 },
})

export const wiped = ({ clock }: Stand): Stand => ({ ...NOWHERE, clock })

/** Whether anything lies behind the position of these updates. */
export const isBeyond = (
  { floor, stood, late }: Stand,
  rows: readonly { readonly id: number; readonly tab: string }[],
): boolean =>
  Object.keys(late).length > 0 || rows.some(({ id, tab }) => id > floor && id > (stood[tab] ?? 0))

const above = (least: number, of: Readonly<Record<string, number>>): Record<string, number> =>
  Object.fromEntries(Object.entries(of).filter(([, value]) => value > least))

/** Two tabs tell of one log, and what they are told need not come in order. */
function laterOf(one: string, other: string): string {
  if (one === '') return other
  const [a, b] = [placeOf(one), placeOf(other)]
  return a.epoch === b.epoch && a.offset > b.offset ? one : other
}
