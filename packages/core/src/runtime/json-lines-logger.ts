import type { LogFields, Logger } from './logger.ts'

type Level = 'debug' | 'info' | 'warn' | 'error'

/** One JSON object a line on stderr: `{"time":…,"level":"info","event":"task-opened","app":"shop","task":…}`. Debug is left out. */
export function jsonLinesLogger(common: LogFields, write: (line: string) => void = toStderr): Logger {
  const log = (level: Level, event: string, fields: LogFields = {}): void => {
    const line = { time: new Date().toISOString(), level, event, ...common, ...fields }
    write(`${JSON.stringify(line, (_, value: unknown) => (typeof value === 'bigint' ? String(value) : value))}\n`)
  }
  return {
    debug: () => undefined,
    info: (event, fields) => log('info', event, fields),
    warn: (event, fields) => log('warn', event, fields),
    error: (event, fields) => log('error', event, fields),
  }
}

/** Says nothing. */
export const silentLogger: Logger = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
}

function toStderr(line: string): void {
  process.stderr.write(line)
}
