/** Why a device does not keep something. */
export type Trouble =
  /** No room is left. */
  | 'full'
  /** The storage may not be used, fails, or does not answer. */
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

/** Short: every page loads them. */
const SAYS: Readonly<Record<Trouble, string>> = {
  full: 'Nothing can be kept on this device. Make room.',
  blocked: 'Nothing can be kept on this device. Is this a private window, or site data blocked?',
  wiped: 'What was kept on this device was cleared. Stay until all is saved.',
  later: 'What was kept on this device is of a later version: reload.',
  busy: 'In use.',
  hole: 'Not all was kept.',
  closed: 'It is closed.',
}

/**
 * A device did not keep something. The message is for people, and says what can be done.
 *
 * @example
 * try { await store.keep(update, 'here') } catch (error) { show((error as StorageTrouble).message) }
 */
export class StorageTrouble extends Error {
  override readonly name = 'StorageTrouble'
  readonly trouble: Trouble

  /** @param more Said behind the sentence, such as the name of a file. */
  constructor(trouble: Trouble, more = '', options?: ErrorOptions) {
    super(`${SAYS[trouble]} ${more}`.trim(), options)
    this.trouble = trouble
  }
}
