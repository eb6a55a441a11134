import type { COLOURS } from '../model/shape.ts'
import type { Paint } from './painting.ts'

/** One colour of a look, for everything that it can be painted on. */
export type Shades = Readonly<Record<Paint, string>>

type Palette = Readonly<Record<(typeof COLOURS)[number], Shades>>

/**
 * Chosen in OKLCH, so that the eight look equally strong: one lightness and chroma per column, bent
 * only where a hue asks for it (yellow is no yellow when dark). A line reads at 3:1 on the paper, a
 * text at 4.5:1 on its note.
 */
export const LIGHT: Palette = {
  // The one note that is no shade of its line: what everybody knows a sticky note as.
  ink: { line: '#192424', tint: '#e3e9e9', solid: '#445050', note: '#f6eaa7', onNote: '#1e2929' },
  grey: { line: '#6b777b', tint: '#e9eef0', solid: '#a9b3b6', note: '#d9dfe2', onNote: '#1e282c' },
  red: { line: '#d42f34', tint: '#fee4e2', solid: '#f86a67', note: '#ffc3c3', onNote: '#4b1d1f' },
  orange: {
    line: '#d26600',
    tint: '#ffe8d6',
    solid: '#fb9a3d',
    note: '#fecd9e',
    onNote: '#47270f',
  },
  yellow: {
    line: '#b18600',
    tint: '#fdf3c1',
    solid: '#f5d240',
    note: '#fbd35f',
    onNote: '#40300d',
  },
  green: { line: '#2a8d4f', tint: '#d6f6e0', solid: '#60c781', note: '#b6efc1', onNote: '#173523' },
  blue: { line: '#0074c8', tint: '#dceefe', solid: '#52a4ee', note: '#b4defc', onNote: '#142f4b' },
  violet: {
    line: '#824aca',
    tint: '#eee4fd',
    solid: '#b086eb',
    note: '#dfc9fa',
    onNote: '#34234f',
  },
}

/** The same for a dark board: lines lighter, what is filled deeper, notes dimmed with light text. */
export const DARK: Palette = {
  ink: { line: '#e4e9e7', tint: '#282f30', solid: '#b1bab7', note: '#64572d', onNote: '#eff3f1' },
  grey: { line: '#8f9a9e', tint: '#21282a', solid: '#556063', note: '#454f52', onNote: '#eef3f5' },
  red: { line: '#f97676', tint: '#451e1f', solid: '#c04446', note: '#76363a', onNote: '#feeded' },
  orange: {
    line: '#f8a052',
    tint: '#432610',
    solid: '#c36d27',
    note: '#794722',
    onNote: '#fff1e4',
  },
  yellow: {
    line: '#f1d35d',
    tint: '#3b2f0a',
    solid: '#c2a132',
    note: '#806504',
    onNote: '#fcf6d8',
  },
  green: { line: '#72cf8e', tint: '#143320', solid: '#3c8d57', note: '#295939', onNote: '#e4f8e8' },
  blue: { line: '#68b5f5', tint: '#112d48', solid: '#2779bc', note: '#234d73', onNote: '#e7f4ff' },
  violet: {
    line: '#bd99f2',
    tint: '#312249',
    solid: '#835cbe',
    note: '#543c75',
    onNote: '#f4effd',
  },
}
