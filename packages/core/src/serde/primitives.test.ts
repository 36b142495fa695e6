import { isDeepStrictEqual } from 'node:util'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { boolean, bytes, double, int32, int64, type Serde, string, uuid } from './index.ts'

/** Encodes, and decodes from the middle of a larger buffer, as records are. */
function roundTrip<T>(serde: Serde<T>, value: T): T {
  const encoded = toBuffer(serde, value)
  const page = Buffer.concat([Buffer.from('before'), encoded, Buffer.from('after')])
  return serde.decode(page, 6, 6 + encoded.length)
}

function toBuffer<T>(serde: Serde<T>, value: T): Buffer {
  const encoded = serde.encode(value)
  return typeof encoded === 'string' ? Buffer.from(encoded) : Buffer.from(encoded)
}

function decode<T>(serde: Serde<T>, hex: string): T {
  const page = Buffer.from(hex, 'hex')
  return serde.decode(page, 0, page.length)
}

describe('serdes of primitives', () => {
  it('read back what they wrote, from the middle of a buffer', () => {
    const law = <T>(serde: Serde<T>, values: fc.Arbitrary<T>, expected = (value: T): T => value): void => {
      const holds = fc.property(values, (value) => isDeepStrictEqual(roundTrip(serde, value), expected(value)))
      expect(fc.check(holds)).toMatchObject({ failed: false, counterexample: null })
    }
    law(string(), fc.string({ unit: 'binary' }), (value) => value.toWellFormed())
    law(int32(), fc.integer())
    law(int64(), fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }))
    law(double(), fc.double())
    law(boolean(), fc.boolean())
    law(uuid(), fc.uuid())
    law(bytes(), fc.uint8Array())
  })

  it('write the bytes that the serializers of Kafka write', () => {
    expect(toBuffer(string(), 'é').toString('hex')).toBe('c3a9')
    expect(toBuffer(int32(), -2).toString('hex')).toBe('fffffffe')
    expect(toBuffer(int64(), 1n).toString('hex')).toBe('0000000000000001')
    expect(toBuffer(double(), 1.5).toString('hex')).toBe('3ff8000000000000')
    expect(toBuffer(boolean(), true).toString('hex')).toBe('01')
    expect(toBuffer(uuid(), '6F1C1F5E-8b1a-4d5e-9c3b-2f7a1e0d4c6b').toString()).toBe('6f1c1f5e-8b1a-4d5e-9c3b-2f7a1e0d4c6b')
  })

  it('have equal identities exactly where the bytes are equal', () => {
    const law = <T>(serde: Serde<T>, values: fc.Arbitrary<T>) =>
      fc.assert(
        fc.property(values, values, (a, b) => {
          const equalBytes = toBuffer(serde, a).equals(toBuffer(serde, b))
          // As a Map sees it.
          expect(new Set([serde.identity?.(a), serde.identity?.(b)]).size === 1).toBe(equalBytes)
        }),
      )
    law(string(), fc.constantFrom('a', 'b', '\ud800', '\ufffd', 'é', 'e\u0301'))
    law(int32(), fc.integer({ min: -3, max: 3 }))
    law(int64(), fc.bigInt({ min: -3n, max: 3n }))
    law(double(), fc.constantFrom(0, -0, 1, Number.NaN, Infinity))
    law(boolean(), fc.boolean())
    law(uuid(), fc.constantFrom('6f1c1f5e-8b1a-4d5e-9c3b-2f7a1e0d4c6b', '6F1C1F5E-8b1a-4d5e-9c3b-2f7a1e0d4c6b'))
    law(bytes(), fc.uint8Array({ maxLength: 2, max: 2 }))
  })

  it('refuse values that they cannot hold, and say which', () => {
    expect(() => int32().encode(1.5)).toThrow(/int32\(\): 1.5 is no whole number/)
    expect(() => int32().encode(2 ** 31)).toThrow(/2147483648/)
    expect(() => int64().encode(2n ** 63n)).toThrow(/no bigint from -2\^63/)
    expect(() => uuid().encode('no-uuid')).toThrow(/7 characters that are no UUID/)
  })

  it('refuse bytes of another length', () => {
    expect(() => decode(int32(), '00')).toThrow(expect.objectContaining({ code: 'RECORD_INVALID' }))
    expect(() => decode(int64(), '00')).toThrow(/expected 8 bytes, got 1/)
    expect(() => decode(double(), '00')).toThrow(/expected 8 bytes, got 1/)
    expect(() => decode(boolean(), '02')).toThrow(/expected one byte, 0 or 1/)
  })

  it('read bytes as a copy, which outlives the buffer', () => {
    const page = Buffer.from([1, 2, 3])
    const value = bytes().decode(page, 0, 3)
    page.fill(0)
    expect(value).toEqual(new Uint8Array([1, 2, 3]))
  })
})
