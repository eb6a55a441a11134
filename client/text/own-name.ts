import type { Awareness } from 'y-protocols/awareness'
import { bindName } from '../person/name-field.ts'
import { cleanName, randomPerson } from '../person/person.ts'
import { onPersonChanged, rememberedPerson, rememberPerson } from '../person/remembered.ts'

/**
 * Gives this browser's person a name to edit, and tells it to the others.
 *
 * @param entry - What shows the person, an `<input>` for the name in it.
 */
export function showOwnName(entry: HTMLElement, awareness: Awareness): void {
  const field = entry.querySelector('input')
  if (field === null) throw new TypeError('the entry has no input for the name')

  let me = rememberedPerson() ?? randomPerson()
  const take = (typed: string) => {
    // An emptied name is not a wish to have none.
    be({ ...me, name: cleanName(typed) ?? me.name })
    rememberPerson(me)
  }
  const show = bindName(field, take, () => me.name)
  const be = (person: typeof me) => {
    me = person
    show()
    entry.dataset.colour = String(person.colour)
    awareness.setLocalState({ user: person })
  }
  be(me)
  rememberPerson(me)
  onPersonChanged(be)
}
