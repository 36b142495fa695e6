import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { assemble } from './encoded.ts'

describe('assemble', () => {
  it('is the bytes before, then the encoding as UTF-8 or as it is, then free bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array(), fc.string({ unit: 'binary' }), fc.nat({ max: 9 }), (before, text, after) => {
        for (const encoded of [text, Buffer.from(text)]) {
          const assembled = assemble(before, encoded, after)
          assembled.fill(7, assembled.length - after)
          expect(assembled.equals(Buffer.concat([before, Buffer.from(text), Buffer.alloc(after, 7)]))).toBe(true)
        }
      }),
    )
  })
})
