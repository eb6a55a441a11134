import { computed, effect, type ReadonlySignal, type Signal, signal } from '@preact/signals-core'
import { THEMES, type ThemeName } from '../scene/theme.ts'

const KEY = 'tributary.theme'
export const THEME_CHOICES = ['auto', 'light', 'dark'] as const
export type ThemeChoice = (typeof THEME_CHOICES)[number]

export interface ThemeSwitch {
  /** What the person wants; kept by this browser. `auto` is what the system wants. */
  readonly choice: Signal<ThemeChoice>
  /** What is shown. */
  readonly theme: ReadonlySignal<ThemeName>
  /** From light to dark, from dark to light. */
  turn(): void
  close(): void
}

/** Light or dark, for the stylesheet as `data-theme` of the page, for the board as a signal. */
export function createThemeSwitch(): ThemeSwitch {
  const media = matchMedia('(prefers-color-scheme: dark)')
  const system = signal<ThemeName>(media.matches ? 'dark' : 'light')
  const choice = signal<ThemeChoice>(remembered())
  const theme = computed(() => (choice.value === 'auto' ? system.value : choice.value))

  const follow = () => {
    system.value = media.matches ? 'dark' : 'light'
  }
  const followOtherTab = (event: StorageEvent) => {
    if (event.key === KEY) choice.value = remembered()
  }
  media.addEventListener('change', follow)
  addEventListener('storage', followOtherTab)
  const stop = effect(() => {
    if (choice.value === 'auto') delete document.documentElement.dataset.theme
    else document.documentElement.dataset.theme = choice.value
    // What surrounds the page on a phone: the first of these that fits counts, so all say the same.
    for (const meta of document.querySelectorAll<HTMLMetaElement>('meta[name=theme-color]')) {
      meta.content = THEMES[theme.value].paper
    }
  })
  const stopRemembering = effect(() => remember(choice.value))

  return {
    choice,
    theme,
    turn() {
      choice.value = theme.value === 'dark' ? 'light' : 'dark'
    },
    close() {
      media.removeEventListener('change', follow)
      removeEventListener('storage', followOtherTab)
      stop()
      stopRemembering()
    },
  }
}

function remembered(): ThemeChoice {
  try {
    const stored = localStorage.getItem(KEY)
    return THEME_CHOICES.find((each) => each === stored) ?? 'auto'
  } catch {
    return 'auto'
  }
}

function remember(choice: ThemeChoice): void {
  try {
    if (choice === 'auto') localStorage.removeItem(KEY)
    else localStorage.setItem(KEY, choice)
  } catch {
    // Storage is full or forbidden: the choice lasts as long as this page.
  }
}
