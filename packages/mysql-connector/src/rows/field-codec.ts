import { formatDateTime, parseDateTime } from './date-text.ts'
import type { FieldKind } from './field-kind.ts'

/** What JSON.parse made of a column. */
type WireValue = unknown

/**
 * A field's value from its wire form. What does not fit is returned as it is, so that zod says what is wrong with it.
 */
export function fieldDecoder(kind: FieldKind): ((wire: WireValue) => unknown) | undefined {
  switch (kind) {
    case 'bigint':
      return (wire) => {
        if (typeof wire === 'string') return wholeNumber(wire) ?? wire
        if (typeof wire === 'number') return Number.isSafeInteger(wire) ? BigInt(wire) : wire
        return taggedBigint(wire) ?? wire
      }
    case 'boolean':
      return (wire) => (wire === 1 ? true : wire === 0 ? false : wire)
    case 'date':
      return (wire) => {
        if (typeof wire !== 'string') return wire
        const time = parseDateTime(wire)
        return Number.isNaN(time) ? wire : new Date(time)
      }
    case 'bytes':
      return (wire) => taggedBytes(wire) ?? wire
    case 'json':
      return (wire) => {
        if (typeof wire !== 'string') return wire
        try {
          return JSON.parse(wire) as unknown
        } catch {
          return wire
        }
      }
    case 'other':
      return (wire) => taggedBytes(wire) ?? taggedBigint(wire) ?? wire
    default:
      return undefined
  }
}

/** The wire form of a value, as JSON text; undefined leaves the field out. */
export function encodeField(kind: FieldKind, value: unknown): string | undefined {
  switch (typeof value) {
    case 'string':
      return JSON.stringify(kind === 'json' ? JSON.stringify(value) : value)
    case 'number':
      return Object.is(value, -0) ? '-0' : Number.isFinite(value) ? String(value) : 'null'
    case 'bigint':
      return `"${value}"`
    case 'boolean':
      return kind === 'json' ? `"${value}"` : value ? '1' : '0'
    case 'undefined':
      return undefined
    default:
      if (value === null) return 'null'
      if (value instanceof Date) return `"${formatDateTime(value.getTime())}"`
      if (value instanceof Uint8Array) return `{"~b":"${base64(value)}"}`
      return JSON.stringify(JSON.stringify(value))
  }
}

/** Digits that a number holds exactly whatever they are: BigInt is several times faster from a number than from text. */
const EXACT_DIGITS = 15

/** Undefined: no decimal digits, with a minus sign or without. */
function wholeNumber(text: string): bigint | undefined {
  const { length } = text
  const start = text.charCodeAt(0) === MINUS ? 1 : 0
  if (length === start) return undefined
  let value = 0
  for (let i = start; i < length; i++) {
    const digit = text.charCodeAt(i) - ZERO
    if (!(digit >= 0 && digit <= 9)) return undefined
    value = value * 10 + digit
  }
  if (length - start > EXACT_DIGITS) return BigInt(text)
  return BigInt(start === 1 ? -value : value)
}

const MINUS = 45
const ZERO = 48

export function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64')
}

function taggedBytes(wire: WireValue): Uint8Array | undefined {
  const content = tagged(wire, '~b')
  if (content === undefined) return undefined
  const bytes = Buffer.from(content, 'base64')
  return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

function taggedBigint(wire: WireValue): bigint | undefined {
  const content = tagged(wire, '~n')
  return content === undefined ? undefined : BigInt(content)
}

function tagged(wire: WireValue, tag: string): string | undefined {
  if (typeof wire !== 'object' || wire === null) return undefined
  const content = (wire as Readonly<Record<string, unknown>>)[tag]
  return typeof content === 'string' ? content : undefined
}
