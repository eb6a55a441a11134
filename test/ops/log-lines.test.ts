import { PassThrough, Writable } from 'node:stream'
import { describe, expect, test } from 'vitest'
import { TributaryError } from '../../src/core/errors.ts'
import { createLogLines } from '../../src/ops/log-lines.ts'

/** A reader that takes lines only while it is told to. */
class Reader extends Writable {
  readonly lines: string[] = []
  readonly #held: (() => void)[] = []
  #reads = true

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    const take = () => {
      this.lines.push(chunk.toString())
      done()
    }
    if (this.#reads) take()
    else this.#held.push(take)
  }

  stall(): void {
    this.#reads = false
  }

  resume(): void {
    this.#reads = true
    for (const take of this.#held.splice(0)) take()
  }

  get events(): Record<string, unknown>[] {
    return this.lines
      .join('')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))
  }
}

describe('[H8] a log line', () => {
  test('is one line of JSON on a pipe', () => {
    const out = new Reader()
    const logger = createLogLines({ level: 'info', format: 'auto', out })
    logger.info('listening', { url: 'http://127.0.0.1:8787', pid: 12, text: 'a\nb\u001b[31m' })
    logger.with({ entity: 'default/x' }).warn('damaged', { offset: 17 })
    expect(out.lines).toHaveLength(2)
    expect(out.events).toMatchObject([
      { level: 'info', event: 'listening', url: 'http://127.0.0.1:8787', pid: 12 },
      { level: 'warn', event: 'damaged', entity: 'default/x', offset: 17 },
    ])
    expect(out.events[0]?.time).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)
    expect(out.lines[0]).not.toContain('\u001b')
  })

  test('is readable on a terminal', () => {
    const out = Object.assign(new Reader(), { isTTY: true })
    createLogLines({ level: 'info', format: 'auto', out }).info('listening', { url: 'http://x' })
    // biome-ignore lint/suspicious/noControlCharactersInRegex: colours are what is taken out
    const line = out.lines.join('').replace(/\u001b\[\d+m/g, '')
    expect(line).toMatch(/^\[\d\d:\d\d:\d\d\.\d{3}\] INFO: listening {"url":"http:\/\/x"}\n$/)
  })

  test('is of the form that was asked for, wherever it goes', () => {
    const pipe = new Reader()
    createLogLines({ level: 'info', format: 'pretty', out: pipe }).info('listening')
    expect(pipe.lines[0]).toMatch(/INFO: listening\n$/)
    const terminal = Object.assign(new Reader(), { isTTY: true })
    createLogLines({ level: 'info', format: 'json', out: terminal }).info('listening')
    expect(terminal.events[0]).toMatchObject({ event: 'listening' })
  })

  test('below the level is not written', () => {
    const out = new Reader()
    const logger = createLogLines({ level: 'warn', format: 'json', out })
    logger.debug('a')
    logger.info('b')
    logger.warn('c')
    logger.error('d')
    expect(out.events.map(({ event }) => event)).toEqual(['c', 'd'])
  })

  test('tells an error with code, causes and stack, even when the causes run in a circle', () => {
    const out = new Reader()
    const logger = createLogLines({ level: 'info', format: 'json', out })
    const full = Object.assign(new Error('disk full'), { code: 'SQLITE_FULL' })
    logger.error('append failed', { error: new TributaryError('storage', 'no', { cause: full }) })
    expect(out.events[0]).toMatchObject({
      error: {
        code: 'storage',
        message: 'no',
        stack: expect.stringContaining('log-lines.test'),
        cause: { code: 'SQLITE_FULL', message: 'disk full' },
      },
    })
    full.cause = full
    logger.with({ error: full }).error('again')
    expect(out.events[1]).toMatchObject({ error: { message: 'disk full' } })
  })
})

describe('[H9] a reader of the log', () => {
  test('that stalls costs bounded memory, and learns how much it missed', async () => {
    const out = new Reader()
    const logger = createLogLines({ level: 'info', format: 'json', out, heldBytes: 10_000 })
    out.stall()
    for (let i = 0; i < 1_000; i++) logger.info('something happened', { i })
    expect(out.writableLength).toBeLessThan(11_000)
    out.resume()
    await logger.flush()
    logger.info('and on')
    const told = out.events.map(({ event }) => event)
    const written = told.filter((event) => event === 'something happened').length
    expect(told.slice(-2)).toEqual(['log lines dropped', 'and on'])
    expect(out.events.at(-2)).toMatchObject({ level: 'warn', lines: 1_000 - written })
    expect(written).toBeGreaterThan(10)
  })

  test('that goes away is no error', async () => {
    const out = new PassThrough()
    const logger = createLogLines({ level: 'info', format: 'json', out })
    out.destroy(Object.assign(new Error('write EPIPE'), { code: 'EPIPE' }))
    await new Promise((resolve) => out.once('close', resolve))
    logger.info('nobody hears it')
    await logger.flush()
  })

  test('that never reads again does not hold up the end', async () => {
    const out = new Reader()
    const logger = createLogLines({ level: 'info', format: 'json', out })
    out.stall()
    logger.info('last words')
    await logger.flush()
    expect(out.lines).toEqual([])
  })
})
