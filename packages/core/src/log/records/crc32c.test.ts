import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { crc32c, crc32cPortable } from './crc32c.ts'

describe('the CRC-32C', () => {
  it('of the usual check string is the published one', () => {
    const bytes = Buffer.from('123456789')
    expect(crc32c(bytes, 0, 9)).toBe(0xe3069283)
    expect(crc32cPortable(bytes, 0, 9)).toBe(0xe3069283)
  })

  it('is the same natively and in JavaScript for any slice', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.nat(200), fc.nat(200), (array, a, b) => {
        const bytes = Buffer.from(array)
        const [start, end] = [Math.min(a, b, bytes.length), Math.min(Math.max(a, b), bytes.length)]
        expect(crc32cPortable(bytes, start, end)).toBe(crc32c(bytes, start, end))
      }),
    )
  })
})
