import { parentPort } from 'node:worker_threads'
import { TributaryError } from '../core/errors.ts'
import { sqliteCode } from './connection.ts'

/** What a thread can be asked to do: plain functions that answer at once. */
export type Calls = { readonly [name: string]: (...args: never[]) => unknown }

/** A call, as it goes to the thread. */
export interface Call {
  readonly no: number
  readonly name: string
  readonly args: readonly unknown[]
}

/** What comes back. Errors lose their class and their code on the way, so they go as this. */
export type Reply =
  | { readonly no: number; readonly value: unknown }
  | { readonly no: number; readonly failure: Failure }

export interface Failure {
  readonly message: string
  /** SQLite's name of it, or one of our codes, if it has any. */
  readonly sqlite: string | null
  readonly code: string | null
}

const buffers = new WeakMap<object, readonly ArrayBuffer[]>()

/** An answer whose buffers are handed over instead of copied. */
export function moved<Value extends object>(value: Value, what: readonly ArrayBuffer[]): Value {
  buffers.set(value, what)
  return value
}

/**
 * Answers the calls of the thread that started this one, in their order. After `close` has been
 * answered the thread ends by itself.
 */
export function serve(target: object): void {
  const port = parentPort
  if (port === null) throw new TypeError('this file is the entry of a thread')
  const calls = target as { [name: string]: (...args: unknown[]) => unknown }
  port.on('message', ({ no, name, args }: Call) => {
    try {
      const value = calls[name]?.(...args)
      const moving = typeof value === 'object' && value !== null ? buffers.get(value) : undefined
      port.postMessage({ no, value } satisfies Reply, [...(moving ?? [])])
    } catch (error) {
      port.postMessage({ no, failure: failureOf(error) } satisfies Reply)
    }
    if (name === 'close') port.close()
  })
}

const failureOf = (error: unknown): Failure => ({
  message: error instanceof Error ? error.message : String(error),
  sqlite: sqliteCode(error),
  code: error instanceof TributaryError ? error.code : null,
})
