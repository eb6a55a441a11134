import { initialsOf } from './initials.ts'

/** The round picture of a person: initials in the person's colour. Names are told elsewhere. */
export interface Avatar {
  readonly element: HTMLElement
  show(name: string, colour: number): void
}

export function avatar(): Avatar {
  const element = document.createElement('span')
  element.className = 'avatar'
  element.ariaHidden = 'true'
  let shown = ''
  return {
    element,
    show(name, colour) {
      if (shown === `${colour} ${name}`) return
      shown = `${colour} ${name}`
      element.dataset.colour = String(colour)
      // Shown by the stylesheet: as text of a button it would have to be in what the button is called.
      element.dataset.initials = initialsOf(name)
    },
  }
}
