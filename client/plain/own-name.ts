import type { Awareness } from 'y-protocols/awareness'
import { cleanName, NAME_LENGTH, randomPerson } from './person.ts'
import { onPersonChanged, rememberedPerson, rememberPerson } from './remembered.ts'

/**
 * Gives this browser's person a name to edit, and tells it to the others. Enter or leaving the
 * field takes the name, Escape takes the edit back.
 *
 * @param entry - What shows the person, an `<input>` for the name in it.
 */
export function showOwnName(entry: HTMLElement, awareness: Awareness): void {
  const name = entry.querySelector('input')
  if (name === null) throw new TypeError('the entry has no input for the name')

  let me = rememberedPerson() ?? randomPerson()
  const be = (person: typeof me) => {
    me = person
    name.value = person.name
    entry.dataset.colour = String(person.colour)
    awareness.setLocalState({ user: person })
  }
  be(me)
  rememberPerson(me)
  onPersonChanged(be)

  name.maxLength = NAME_LENGTH
  name.addEventListener('change', () => {
    // An emptied name is not a wish to have none.
    be({ ...me, name: cleanName(name.value) ?? me.name })
    rememberPerson(me)
  })
  name.addEventListener('keydown', (event) => {
    if (event.isComposing) return
    if (event.key === 'Escape') name.value = me.name
    if (event.key === 'Escape' || event.key === 'Enter') name.blur()
  })
}
