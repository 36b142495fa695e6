import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { toBuffer } from './encoded.ts'
import { readStamp, STAMP_BYTES, stamped } from './stamp.ts'

describe('stamped', () => {
  it('puts any timestamp in front of text and of bytes alike', () => {
    fc.assert(
      fc.property(fc.maxSafeInteger(), fc.string({ unit: 'binary' }), (timestamp, value) => {
        const text = toBuffer(stamped(timestamp, value))
        const bytes = toBuffer(stamped(timestamp, Buffer.from(value)))
        expect(text.equals(bytes)).toBe(true)
        expect(readStamp(text)).toBe(timestamp)
        expect(text.subarray(STAMP_BYTES).equals(Buffer.from(value))).toBe(true)
      }),
    )
  })
})
