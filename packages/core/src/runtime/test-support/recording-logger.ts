import type { LogFields, Logger } from '../logger.ts'

/** Keeps what an app says, from `info` up. */
export class RecordingLogger implements Logger {
  readonly #events: (readonly [event: string, fields: LogFields])[] = []

  /** The fields of each event of this name. */
  seen(event: string): readonly LogFields[] {
    return this.#events.filter(([name]) => name === event).map(([, fields]) => fields)
  }

  debug(): void {}

  info(event: string, fields: LogFields = {}): void {
    this.#events.push([event, fields])
  }

  warn(event: string, fields: LogFields = {}): void {
    this.#events.push([event, fields])
  }

  error(): void {}
}
