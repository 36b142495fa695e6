import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { murmur2, partitionForKey } from './partition-for-key.ts'

describe('the default partitioner', () => {
  it('hashes as Kafka does (vectors of its UtilsTest)', () => {
    const vectors: readonly (readonly [string, number])[] = [
      ['21', -973932308],
      ['foobar', -790332482],
      ['a-little-bit-long-string', -985981536],
      ['a-little-bit-longer-string', -1486304829],
      ['lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8', -58897971],
      ['abc', 479470107],
    ]
    for (const [text, hash] of vectors) {
      expect(murmur2(text)).toBe(hash)
      expect(murmur2(Buffer.from(text))).toBe(hash)
    }
  })

  it('gives text and its UTF-8 bytes the same partition', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.integer({ min: 1, max: 1000 }), (text, partitions) => {
        const partition = partitionForKey(text, partitions)
        expect(partition).toBe(partitionForKey(Buffer.from(text), partitions))
        expect(partition).toBeGreaterThanOrEqual(0)
        expect(partition).toBeLessThan(partitions)
      }),
    )
  })
})
