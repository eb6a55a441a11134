import { COLOURS, type Look } from '../model/shape.ts'
import type { Paint } from './painting.ts'
import { DARK, LIGHT, type Shades } from './palette.ts'

export type ThemeName = 'light' | 'dark'

/** How one of the eight colours of people shows on the board. */
export interface PersonColour {
  /** Their cursor, the frame around their selection, the ground of their name. */
  readonly colour: string
  /** Their name on it. */
  readonly text: string
}

export interface Theme {
  readonly name: ThemeName
  readonly paper: string
  /** The dots on the paper. */
  readonly grid: string
  /** The frame and the handles of the own selection. */
  readonly selection: string
  /** By the colour of a person: 0 to 7, the hues of `client/text/styles.css`. */
  readonly people: readonly PersonColour[]
  /** In the order of `COLOURS`. */
  readonly colours: readonly Shades[]
}

/** Of all words on the board, as CSS has it: `${size}px ${FONT}`. */
export const FONT = 'system-ui, sans-serif'

const people = (text: string, colours: readonly string[]): PersonColour[] =>
  colours.map((colour) => ({ colour, text }))

export const THEMES: Readonly<Record<ThemeName, Theme>> = {
  light: {
    name: 'light',
    paper: '#fbfbf9',
    grid: '#d8dcd7',
    selection: '#0d6e6b',
    // oklch(52% 0.15 hue), as far as a screen can show it.
    people: people('#ffffff', [
      '#af3b43',
      '#9a5500',
      '#786900',
      '#1b7e2a',
      '#007974',
      '#01729f',
      '#6358ba',
      '#9b418b',
    ]),
    colours: COLOURS.map((name) => LIGHT[name]),
  },
  dark: {
    name: 'dark',
    paper: '#14181a',
    grid: '#2b3235',
    selection: '#64c8c2',
    // oklch(78% 0.11 hue).
    people: people('#14181a', [
      '#f69a9a',
      '#eba66d',
      '#c8b962',
      '#8aca8b',
      '#51cec7',
      '#6bc3f4',
      '#b0adfb',
      '#e39cd3',
    ]),
    colours: COLOURS.map((name) => DARK[name]),
  },
}

/** What a paint of a look is on a board of this theme: `#d42f34`. */
export function colourOf(theme: Theme, paint: Paint, { colour }: Look): string {
  const shades = theme.colours[colour] ?? theme.colours[0]
  return shades?.[paint] ?? theme.selection
}
