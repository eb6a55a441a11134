import { type Person, personOf } from './person.ts'

const KEY = 'tributary.person'

/** Who this browser was last time. One without storage is somebody new on every visit. */
export function rememberedPerson(): Person | null {
  try {
    const stored = localStorage.getItem(KEY)
    return stored === null ? null : personOf({ user: JSON.parse(stored) }, 0)
  } catch {
    return null
  }
}

export function rememberPerson(person: Person): void {
  try {
    localStorage.setItem(KEY, JSON.stringify(person))
  } catch {
    // Storage is full or forbidden: the name lasts as long as this page.
  }
}

/** Calls `tell` when another tab of this browser has changed who the person is. */
export function onPersonChanged(tell: (person: Person) => void): void {
  addEventListener('storage', (event) => {
    const person = event.key === KEY ? rememberedPerson() : null
    if (person !== null) tell(person)
  })
}
