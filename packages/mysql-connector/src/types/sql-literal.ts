/** What a column of a statement can be given. Objects are never passed to the driver: it would expand them into SQL. */
export type SqlValue = string | number | bigint | boolean | Uint8Array | Date | null

const NEEDS_ESCAPE = /[\0\b\t\n\r\x1a"'\\]/g
const ESCAPES: Readonly<Record<string, string>> = {
  '\0': '\\0',
  '\b': '\\b',
  '\t': '\\t',
  '\n': '\\n',
  '\r': '\\r',
  '\x1a': '\\Z',
  '"': '\\"',
  "'": "\\'",
  '\\': '\\\\',
}

/**
 * A value as a literal of MySQL's text protocol, which is 3 to 4 times faster for multi-row statements than prepared ones.
 * Right only where the session's sql_mode has neither NO_BACKSLASH_ESCAPES nor ANSI_QUOTES and its character set is utf8mb4:
 * see SINK_SESSION (MySQL manual, "String Literals").
 */
export function sqlLiteral(value: SqlValue): string {
  switch (typeof value) {
    case 'string':
      return sqlString(value)
    case 'number':
      return sqlNumber(value)
    case 'bigint':
      return value.toString()
    case 'boolean':
      return value ? '1' : '0'
    default:
      if (value === null) return 'NULL'
      if (value instanceof Date) return `'${sqlDateTime(value.getTime())}'`
      return `X'${Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('hex')}'`
  }
}

export function sqlString(text: string): string {
  return `'${text.replace(NEEDS_ESCAPE, (character) => ESCAPES[character] ?? character)}'`
}

/** `2026-01-01 00:00:00.000`, UTC. */
export function sqlDateTime(epochMs: number): string {
  const iso = new Date(epochMs).toISOString()
  return `${iso.slice(0, 10)} ${iso.slice(11, 23)}`
}

function sqlNumber(value: number): string {
  if (!Number.isFinite(value)) throw new RangeError(`${value} cannot be stored in MySQL`)
  return Object.is(value, -0) ? '-0e0' : String(value)
}
