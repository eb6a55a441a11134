/** Why a device does not keep something. */
export type Trouble =
  /** No room is left. */
  | 'full'
  /** The storage may not be used, or does not answer. */
  | 'blocked'
  /** What was kept here is gone: the browser, or somebody, has cleared it. */
  | 'wiped'
  /** What is kept was written by a later version. */
  | 'later'
  /** Another process has it open. */
  | 'busy'
  /** An earlier update could not be kept, so that this may not be said of what is. */
  | 'hole'
  /** This store was closed. */
  | 'closed'

const SAYS: Readonly<Record<Trouble, string>> = {
  full: 'The storage of this device is full: edits stay on this page only. Make room, and they are kept again.',
  blocked:
    'This browser does not let the page store anything, or its storage does not answer: edits stay on this page only. Private windows and blocked site data are the usual reasons.',
  wiped:
    'What was kept on this device was cleared while the page was open. Keep this page open until everything is saved.',
  later:
    'What is kept on this device was written by a later version of this page. Reload the page to get that version.',
  busy: 'Another process keeps this entity in the same folder. End it, or use another folder.',
  hole: 'Something before could not be kept on this device, so what is kept is not called complete.',
  closed: 'This store was closed.',
}

/**
 * A device did not keep something. The message is for people, and says what can be done.
 *
 * @example
 * try { await store.keep(update, 'here') } catch (error) { show((error as StorageTrouble).message) }
 */
export class StorageTrouble extends Error {
  readonly trouble: Trouble

  /** @param more Said behind the sentence, such as the name of a file. */
  constructor(trouble: Trouble, more = '', options?: ErrorOptions) {
    super(more === '' ? SAYS[trouble] : `${SAYS[trouble]} (${more})`, options)
    this.name = 'StorageTrouble'
    this.trouble = trouble
  }
}
