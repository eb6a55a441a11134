import { effect } from '@preact/signals-core'
import { toView } from '../editor/camera.ts'
import type { Editor } from '../editor/editor.ts'
import type { Point } from '../geometry/point.ts'
import { type EdgePlace, type Insets, placesAtEdge } from './edge-places.ts'
import { initialsOf } from './initials.ts'
import type { Peer } from './peer.ts'
import type { People } from './people.ts'

/** More would be a frame of names. */
const MOST = 8

/**
 * Buttons at the edge of the board that point to people outside of the view, and go there.
 *
 * @param root - An element over the board, as large. Its padding keeps buttons off the bars.
 * @returns The way out.
 */
export function showOffScreen(root: HTMLElement, people: People, editor: Editor): () => void {
  root.classList.add('edge')
  const shown = new Map<number, Pointer>()
  let insets: Insets = insetsOf(root)
  let frame: number | undefined

  const show = () => {
    frame = undefined
    const camera = editor.camera.peek()
    const peers = new Map(people.peers.peek().map((peer) => [peer.client, peer]))
    const places: [Peer, Point][] = []
    for (const peer of peers.values()) {
      const place = people.placeOf(peer.client)
      if (place !== null) places.push([peer, toView(place, camera)])
    }
    const view = editor.view.peek()
    const standing = view.width === 0 ? [] : placesAtEdge(places, view, insets, MOST)
    const left = new Set(shown.keys())
    for (const place of standing) {
      const { client } = place.who
      left.delete(client)
      const pointer = shown.get(client) ?? pointerTo(root, people, client)
      shown.set(client, pointer)
      pointer.show(place, [place.at[0] / view.width, place.at[1] / view.height])
    }
    for (const client of left) {
      shown.get(client)?.element.remove()
      shown.delete(client)
    }
  }
  const showSoon = () => {
    frame ??= requestAnimationFrame(show)
  }
  const stop = effect(() => {
    for (const signal of [people.peers, people.moved, editor.camera, editor.view]) signal.value
    showSoon()
  })
  const resized = new ResizeObserver(() => {
    insets = insetsOf(root)
    showSoon()
  })
  resized.observe(root)
  return () => {
    stop()
    resized.disconnect()
    if (frame !== undefined) cancelAnimationFrame(frame)
    for (const { element } of shown.values()) element.remove()
  }
}

interface Pointer {
  readonly element: HTMLElement
  /** @param part - How far along the view's width and height the place is, 0 to 1. */
  show(place: EdgePlace<Peer>, part: Point): void
}

function pointerTo(root: HTMLElement, people: People, client: number): Pointer {
  const element = document.createElement('button')
  element.type = 'button'
  element.className = 'pointer'
  const arrow = document.createElement('span')
  arrow.className = 'arrow'
  const words = document.createElement('span')
  words.className = 'name'
  words.dir = 'auto'
  element.append(arrow, words)
  element.addEventListener('click', () => people.goTo(client))
  element.addEventListener('mousedown', (event) => event.preventDefault())
  root.append(element)
  return {
    element,
    show({ who: { name, colour }, at: [x, y], angle }, [partX, partY]) {
      if (words.textContent !== name) {
        words.textContent = name
        element.ariaLabel = `Go to ${name}`
        // For narrow windows, where there is no room for names.
        element.dataset.initials = initialsOf(name)
      }
      if (element.dataset.colour !== String(colour)) element.dataset.colour = String(colour)
      const status = people.statusOf(client)
      if (element.dataset.status !== status) element.dataset.status = status
      // Its left end stands at the left edge, its right end at the right one.
      element.style.transform = `translate(${Math.round(x)}px, ${Math.round(y)}px) translate(${-100 * partX}%, ${-100 * partY}%)`
      arrow.style.transform = `rotate(${angle.toFixed(2)}rad)`
    },
  }
}

function insetsOf(root: HTMLElement): Insets {
  const style = getComputedStyle(root)
  return {
    top: Number.parseFloat(style.paddingTop),
    right: Number.parseFloat(style.paddingRight),
    bottom: Number.parseFloat(style.paddingBottom),
    left: Number.parseFloat(style.paddingLeft),
  }
}
