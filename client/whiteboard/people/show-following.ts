import { effect } from '@preact/signals-core'
import type { People } from './people.ts'

/**
 * While this page follows somebody: a frame in their colour around the board, and a bar that says
 * whom and lets go. Escape lets go too.
 *
 * @param root - An element over the board, as large, through which the board is still reached.
 * @returns The way out.
 */
export function showFollowing(root: HTMLElement, people: People): () => void {
  const bar = document.createElement('div')
  bar.className = 'following-bar'
  const words = document.createElement('span')
  words.className = 'following-words'
  const stopButton = document.createElement('button')
  stopButton.type = 'button'
  stopButton.textContent = 'Stop'
  stopButton.addEventListener('click', () => people.follow(null))
  stopButton.addEventListener('mousedown', (event) => event.preventDefault())
  bar.append(words, stopButton)
  root.append(bar)

  const stop = effect(() => {
    const client = people.following.value
    const peer = people.peers.value.find((one) => one.client === client)
    root.classList.toggle('framed', peer !== undefined)
    bar.hidden = peer === undefined
    if (peer === undefined) return
    root.dataset.colour = String(peer.colour)
    bar.dataset.colour = String(peer.colour)
    const text = `Following ${peer.name}`
    if (words.textContent === text) return
    words.textContent = text
    stopButton.ariaLabel = `Stop following ${peer.name}`
  })
  const onKey = (event: KeyboardEvent) => stopFollowing(event, people)
  addEventListener('keydown', onKey)
  return () => {
    stop()
    removeEventListener('keydown', onKey)
    root.classList.remove('framed')
    bar.remove()
  }
}

/** Lets go when the key is Escape and means nothing nearer: a list, a dialog or a field that is open. */
function stopFollowing(event: KeyboardEvent, people: People): void {
  if (event.key !== 'Escape' || event.isComposing || event.defaultPrevented) return
  if (document.querySelector(':popover-open, dialog[open]') !== null) return
  if (event.target instanceof HTMLElement && event.target.matches('input, textarea')) return
  people.follow(null)
}
