import type { Headers } from '@millrace/state-store'
import { decodeHeaders } from './headers.ts'

/**
 * One record as a view on the buffer it was fetched in: nothing is copied or decoded until somebody reads it. A start of
 * -1 means null. The fields are public so that serdes read slices without a view object (`serde.decode(buffer, start, end)`).
 */
export class LogRecord {
  readonly buffer: Buffer
  readonly offset: number
  readonly timestamp: number
  readonly keyStart: number
  readonly keyEnd: number
  readonly valueStart: number
  readonly valueEnd: number
  /** Where the header count begins; -1: no headers. */
  readonly headersStart: number

  constructor(
    buffer: Buffer,
    offset: number,
    timestamp: number,
    keyStart: number,
    keyEnd: number,
    valueStart: number,
    valueEnd: number,
    headersStart: number,
  ) {
    this.buffer = buffer
    this.offset = offset
    this.timestamp = timestamp
    this.keyStart = keyStart
    this.keyEnd = keyEnd
    this.valueStart = valueStart
    this.valueEnd = valueEnd
    this.headersStart = headersStart
  }

  get key(): Buffer | null {
    return this.keyStart < 0 ? null : this.buffer.subarray(this.keyStart, this.keyEnd)
  }

  get value(): Buffer | null {
    return this.valueStart < 0 ? null : this.buffer.subarray(this.valueStart, this.valueEnd)
  }

  get headers(): Headers {
    return decodeHeaders(this.buffer, this.headersStart)
  }
}
