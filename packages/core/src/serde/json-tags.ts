import { MillraceError } from '../errors.ts'

// What JSON has no form for is written as an object with one key that begins with ~ . Users' own keys that begin with ~ get
// one more ~ in front, so they can never be mistaken for a tag.
const MARKER = '~'
const MARKER_CODE = 126
const BIGINT = '~n'
const DATE = '~d'
const BYTES = '~b'
const NUMBER = '~f'
const UNDEFINED = '~u'

/** Deeper than anybody nests, and shallow enough for the stack: a value that goes on is a cycle. */
const MAX_DEPTH = 500

/** True when the text may hold tags or escaped keys. One character, because searching for two costs ten times as much. */
export function hasTags(text: string): boolean {
  return text.includes(MARKER)
}

/**
 * True when the value holds something that plain JSON would lose or bend. Walks it without allocating.
 *
 * @throws {MillraceError} RECORD_INVALID when it holds what cannot be kept at all
 */
export function needsTags(value: unknown): boolean {
  return needs(value, 0)
}

function needs(value: unknown, depth: number): boolean {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return false
    case 'number':
      return value - value !== 0 || Object.is(value, -0)
    case 'object': {
      if (value === null) return false
      if (depth > MAX_DEPTH) refuse(`is nested deeper than ${MAX_DEPTH} levels, or holds itself`)
      if (Array.isArray(value)) {
        for (let i = 0; i < value.length; i++) if (needs(value[i], depth + 1)) return true
        return false
      }
      const prototype: unknown = Object.getPrototypeOf(value)
      if (prototype !== Object.prototype && prototype !== null) return true
      const fields = value as Readonly<Record<string, unknown>>
      for (const key in fields) {
        if (key.charCodeAt(0) === MARKER_CODE) return true
        const field = fields[key]
        if (field !== undefined && needs(field, depth + 1)) return true
      }
      return false
    }
    default:
      return true
  }
}

/** A copy with tags, for JSON.stringify. */
export function tag(value: unknown, depth = 0): unknown {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return value
    case 'number':
      if (Object.is(value, -0)) return { [NUMBER]: '-0' }
      return Number.isFinite(value) ? value : { [NUMBER]: String(value) }
    case 'bigint':
      return { [BIGINT]: String(value) }
    case 'undefined':
      return { [UNDEFINED]: 1 }
    case 'object':
      return value === null ? null : tagObject(value, depth)
    default:
      return refuse(`is a ${typeof value}`)
  }
}

function tagObject(value: object, depth: number): unknown {
  if (depth > MAX_DEPTH) refuse(`is nested deeper than ${MAX_DEPTH} levels, or holds itself`)
  // Not `map`, which would leave holes as they are.
  if (Array.isArray(value)) return Array.from(value, (item) => tag(item, depth + 1))
  if (value instanceof Date) return { [DATE]: value.getTime() }
  if (value instanceof Uint8Array) {
    return { [BYTES]: Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('base64') }
  }
  const prototype: unknown = Object.getPrototypeOf(value)
  if (prototype !== Object.prototype && prototype !== null) {
    refuse(`is of class ${value.constructor.name || 'without a name'}`)
  }
  const fields = value as Readonly<Record<string, unknown>>
  const tagged: Record<string, unknown> = {}
  for (const key in fields) {
    const field = fields[key]
    if (field === undefined) continue
    setOwn(tagged, key.charCodeAt(0) === MARKER_CODE ? MARKER + key : key, tag(field, depth + 1))
  }
  return tagged
}

function refuse(problem: string): never {
  throw new MillraceError(
    'RECORD_INVALID',
    `json(): a value ${problem}, which JSON cannot keep. Use plain objects, lists, text, numbers, bigint, Date and Uint8Array, or a serde of your own`,
  )
}

/** Undoes `tag` on what JSON.parse made, in place where it can. */
export function untag(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) {
    for (let i = 0; i < value.length; i++) value[i] = untag(value[i])
    return value
  }
  const fields = value as Record<string, unknown>
  let escaped = false
  for (const key in fields) {
    if (key.charCodeAt(0) === MARKER_CODE) {
      if (key.charCodeAt(1) !== MARKER_CODE) return untagged(key, fields[key])
      escaped = true
    }
    const field = fields[key]
    if (typeof field === 'object' && field !== null) fields[key] = untag(field)
  }
  return escaped ? unescapeKeys(fields) : fields
}

function untagged(kind: string, content: unknown): unknown {
  switch (kind) {
    case BIGINT:
      return BigInt(content as string)
    case DATE:
      return new Date(content === null ? Number.NaN : (content as number))
    case BYTES:
      return new Uint8Array(Buffer.from(content as string, 'base64'))
    case NUMBER:
      return Number(content)
    case UNDEFINED:
      return undefined
    default:
      throw new MillraceError(
        'RECORD_INVALID',
        `json(): unknown tag ${JSON.stringify(kind)}; was this written by a newer version, or not by json()?`,
      )
  }
}

function unescapeKeys(fields: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const plain: Record<string, unknown> = {}
  for (const [key, value] of Object.entries(fields)) {
    setOwn(plain, key.charCodeAt(0) === MARKER_CODE ? key.slice(1) : key, value)
  }
  return plain
}

/** Assigns, but for the one key whose assignment would set the prototype. */
function setOwn(fields: Record<string, unknown>, key: string, value: unknown): void {
  if (key !== '__proto__') fields[key] = value
  else Object.defineProperty(fields, key, { value, writable: true, enumerable: true, configurable: true })
}
