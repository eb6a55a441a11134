import type { Fields, Logger } from '../../src/core/logger.ts'

/** A logger that keeps its lines: `[level, event, fields]`. */
export class RecordedLog implements Logger {
  readonly lines: [string, string, Fields][] = []

  error(event: string, fields: Fields = {}): void {
    this.lines.push(['error', event, fields])
  }
  warn(event: string, fields: Fields = {}): void {
    this.lines.push(['warn', event, fields])
  }
  info(event: string, fields: Fields = {}): void {
    this.lines.push(['info', event, fields])
  }
  debug(event: string, fields: Fields = {}): void {
    this.lines.push(['debug', event, fields])
  }
  with(): Logger {
    return this
  }

  get events(): string[] {
    return this.lines.map(([, event]) => event)
  }
}
