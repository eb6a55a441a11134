import { effect, type ReadonlySignal, signal } from '@preact/signals-core'
import type { Awareness } from 'y-protocols/awareness'
import { randomPerson } from '../../person/person.ts'
import { onPersonChanged, rememberedPerson, rememberPerson } from '../../person/remembered.ts'
import type { Editor } from '../editor/editor.ts'
import { People } from './people.ts'

/** What a page knows about the people on its board. */
export interface BoardCompany {
  readonly awareness: Awareness
  readonly editor: Editor
  readonly isLive: ReadonlySignal<boolean>
}

/** The people on the board, with this browser's person among them, who is remembered. */
export function openPeople(company: BoardCompany): People {
  const isHidden = signal(document.visibilityState === 'hidden')
  document.addEventListener('visibilitychange', () => {
    isHidden.value = document.visibilityState === 'hidden'
  })
  const motion = matchMedia('(prefers-reduced-motion: reduce)')
  const isStill = signal(motion.matches)
  motion.addEventListener('change', () => {
    isStill.value = motion.matches
  })

  const me = rememberedPerson() ?? randomPerson()
  const people = new People({ ...company, me, isHidden, isStill })
  effect(() => rememberPerson(people.me.value))
  onPersonChanged((person) => {
    people.me.value = person
  })
  return people
}
