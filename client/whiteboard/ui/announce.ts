import { effect, type ReadonlySignal } from '@preact/signals-core'

/** Has a screen reader say what changes, when it has nothing else to say. */
export function announce(region: HTMLElement, words: ReadonlySignal<string>): () => void {
  return effect(() => {
    region.textContent = words.value
  })
}
