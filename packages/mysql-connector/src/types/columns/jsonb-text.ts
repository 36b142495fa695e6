import { ByteReader } from './byte-reader.ts'
import { binlogDecimal } from './decimal.ts'
import { serverDouble } from './server-double.ts'

// Types of MySQL's binary JSON (MySQL source, sql-common/json_binary.h).
const SMALL_OBJECT = 0
const LARGE_OBJECT = 1
const SMALL_ARRAY = 2
const LARGE_ARRAY = 3
const LITERAL = 4
const INT16 = 5
const UINT16 = 6
const INT32 = 7
const UINT32 = 8
const INT64 = 9
const UINT64 = 10
const DOUBLE = 11
const STRING = 12
const OPAQUE = 15

// Types of opaque values: those of columns (enum_field_types).
const TYPE_TIMESTAMP = 7
const TYPE_DATE = 10
const TYPE_TIME = 11
const TYPE_DATETIME = 12
const TYPE_DECIMAL = 246

/**
 * A binary JSON document as the text that the server itself prints for it, byte for byte: member order, spaces, `1.0` for a
 * double, dates and decimals in JSON included. A document that is not understood is an error, never a guess.
 */
export function jsonbText(document: Buffer): string {
  // The server's row holds no bytes for a JSON that was never given a value, and prints it as null.
  if (document.length === 0) return 'null'
  return valueText(document, document[0] as number, 1)
}

function valueText(buffer: Buffer, type: number, start: number): string {
  switch (type) {
    case SMALL_OBJECT:
      return containerText(buffer, start, 2, true)
    case LARGE_OBJECT:
      return containerText(buffer, start, 4, true)
    case SMALL_ARRAY:
      return containerText(buffer, start, 2, false)
    case LARGE_ARRAY:
      return containerText(buffer, start, 4, false)
    case LITERAL:
      return literalText(buffer[start] as number)
    case INT16:
      return String(buffer.readInt16LE(start))
    case UINT16:
      return String(buffer.readUInt16LE(start))
    case INT32:
      return String(buffer.readInt32LE(start))
    case UINT32:
      return String(buffer.readUInt32LE(start))
    case INT64:
      return String(buffer.readBigInt64LE(start))
    case UINT64:
      return String(buffer.readBigUInt64LE(start))
    case DOUBLE:
      return serverDouble(buffer.readDoubleLE(start))
    case STRING: {
      const { length, next } = variableLength(buffer, start)
      return JSON.stringify(buffer.utf8Slice(next, next + length))
    }
    case OPAQUE: {
      const { length, next } = variableLength(buffer, start + 1)
      return opaqueText(buffer[start] as number, buffer.subarray(next, next + length))
    }
    default:
      throw new RangeError(`JSON holds a value of type ${type}, which is not known`)
  }
}

/** Count, size, then (for objects) where each key is, then each value's type and where it is, or the value itself. */
function containerText(buffer: Buffer, start: number, width: 2 | 4, isObject: boolean): string {
  const offsetAt = (position: number): number => (width === 2 ? buffer.readUInt16LE(position) : buffer.readUInt32LE(position))
  const count = offsetAt(start)
  const keys = start + 2 * width
  const values = keys + (isObject ? count * (width + 2) : 0)
  let text = isObject ? '{' : '['
  for (let i = 0; i < count; i++) {
    if (i > 0) text += ', '
    if (isObject) {
      const key = keys + i * (width + 2)
      const keyStart = start + offsetAt(key)
      text += `${JSON.stringify(buffer.utf8Slice(keyStart, keyStart + buffer.readUInt16LE(key + width)))}: `
    }
    const entry = values + i * (width + 1)
    const type = buffer[entry] as number
    text += valueText(buffer, type, isInlined(type, width) ? entry + 1 : start + offsetAt(entry + 1))
  }
  return text + (isObject ? '}' : ']')
}

function isInlined(type: number, width: 2 | 4): boolean {
  return type === LITERAL || type === INT16 || type === UINT16 || (width === 4 && (type === INT32 || type === UINT32))
}

function literalText(literal: number): string {
  if (literal === 0) return 'null'
  if (literal === 1) return 'true'
  if (literal === 2) return 'false'
  throw new RangeError(`JSON holds the literal ${literal}, which is not known`)
}

function opaqueText(type: number, data: Buffer): string {
  switch (type) {
    case TYPE_DECIMAL: {
      const decimal = binlogDecimal(data[0] as number, data[1] as number)
      return decimal.read(new ByteReader().set(data, 2, data.length))
    }
    case TYPE_DATE:
      return `"${packedDateTime(data).slice(0, 10)}"`
    case TYPE_DATETIME:
    case TYPE_TIMESTAMP:
      return `"${packedDateTime(data)}"`
    case TYPE_TIME:
      return `"${packedTime(data)}"`
    default:
      return JSON.stringify(`base64:type${type}:${lines(data.toString('base64'))}`)
  }
}

/** The server's base64 has a line break after each 76 characters. */
function lines(base64: string): string {
  return base64.replace(/.{76}(?=.)/g, '$&\n')
}

/** 8 bytes: microseconds 24 bits, then as in DATETIME columns. */
function packedDateTime(data: Buffer): string {
  const packed = data.readBigInt64LE(0)
  const magnitude = packed < 0n ? -packed : packed
  const micros = Number(magnitude & 0xff_ffffn)
  const bits = magnitude >> 24n
  const time = Number(bits & 0x1_ffffn)
  const date = Number(bits >> 17n)
  const yearMonth = date >>> 5
  return (
    `${pad(Math.trunc(yearMonth / 13), 4)}-${pad(yearMonth % 13, 2)}-${pad(date & 31, 2)} ` +
    `${pad(time >>> 12, 2)}:${pad((time >>> 6) & 63, 2)}:${pad(time & 63, 2)}.${pad(micros, 6)}`
  )
}

function packedTime(data: Buffer): string {
  const packed = data.readBigInt64LE(0)
  const magnitude = packed < 0n ? -packed : packed
  const time = Number(magnitude >> 24n)
  const text = `${pad(time >>> 12, 2)}:${pad((time >>> 6) & 63, 2)}:${pad(time & 63, 2)}.${pad(Number(magnitude & 0xff_ffffn), 6)}`
  return packed < 0n ? `-${text}` : text
}

/** Seven bits a byte, lowest first, the high bit says that more follow. */
function variableLength(buffer: Buffer, start: number): { readonly length: number; readonly next: number } {
  let length = 0
  for (let i = 0; i < 5; i++) {
    const byte = buffer[start + i] as number
    length += (byte & 127) * 2 ** (7 * i)
    if (byte < 128) return { length, next: start + i + 1 }
  }
  throw new RangeError('JSON holds a length of more than five bytes')
}

function pad(value: number, digits: number): string {
  return String(value).padStart(digits, '0')
}
