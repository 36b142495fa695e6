/** Facts of a log line; values must be safe to print (no secrets). */
export type LogFields = Readonly<Record<string, string | number | boolean | bigint | null | undefined>>

/** Where Millrace's own log lines go: one line for each event that an operator would act on. Fits pino and console-like loggers. */
export interface Logger {
  debug(event: string, fields?: LogFields): void
  info(event: string, fields?: LogFields): void
  warn(event: string, fields?: LogFields): void
  error(event: string, fields?: LogFields): void
}
