import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { valueHash } from './value-hash.ts'

describe('valueHash', () => {
  // Computed with mmh3 5, `hash_bytes(text, 0, x64arch=False)`, words in big-endian order.
  it.each([
    ['', '00000000000000000000000000000000'],
    ['a', 'a794933c5556b01b5556b01b5556b01b'],
    ['Hello, world!', '26acdba7f0638dfc402b42630afdd4c3'],
    ['order 4711: paid', '819c81ea0a6e53eade04fe2351a3a2f1'],
    ['{"id":1,"status":"paid","cents":1299}', '3cd592ef24913dd5f883b97f8692f556'],
    ['ä€😀', '3811aa24c11e637be2d22408bf1a27bb'],
  ])('of %j is MurmurHash3 as others compute it', (text, hex) => {
    expect(valueHash(text).toString('hex')).toBe(hex)
    expect(valueHash(Buffer.from(text)).toString('hex')).toBe(hex)
  })

  it('tells different values apart, wherever they are in a larger buffer', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), fc.uint8Array({ maxLength: 40 }), (a, b) => {
        const shifted = Buffer.concat([Buffer.of(7), a]).subarray(1)
        expect(valueHash(shifted).equals(valueHash(b))).toBe(Buffer.compare(a, b) === 0)
      }),
    )
  })
})
