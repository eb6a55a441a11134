import { NAME_LENGTH } from './person.ts'

/**
 * Lets a person edit the own name. Enter or leaving the field takes the name, Escape takes the edit
 * back.
 *
 * @param take - Gets what was typed.
 * @param name - The name as it is, whenever the field has to show it.
 * @returns Shows the name as it is now. Called once by itself.
 */
export function bindName(
  field: HTMLInputElement,
  take: (typed: string) => void,
  name: () => string,
): () => void {
  const show = () => {
    field.value = name()
  }
  field.maxLength = NAME_LENGTH
  field.addEventListener('change', () => {
    take(field.value)
    // What was taken may be another name than what was typed: none, or a cleaner one.
    show()
  })
  field.addEventListener('keydown', (event) => {
    if (event.isComposing) return
    if (event.key === 'Escape') show()
    if (event.key === 'Escape' || event.key === 'Enter') field.blur()
  })
  show()
  return show
}
