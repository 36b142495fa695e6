import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Reader, Writer } from './index.ts'

const int32 = fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 })
const text = fc.string({ unit: 'binary', maxLength: 300 }).map((value) => value.toWellFormed())
const rows = fc.array(
  fc.record({ topic: fc.constantFrom('a', 'b', 'c'), partition: int32, offset: fc.maxSafeInteger(), bytes: fc.uint8Array() }),
  { maxLength: 30 },
)

describe('the primitive types of the protocol', () => {
  it('are read as they were written', () => {
    fc.assert(
      fc.property(int32, fc.maxSafeInteger(), fc.nat(), fc.option(text), fc.uint8Array(), rows, (a, b, c, s, bytes, list) => {
        const writer = new Writer()
        writer.int32(a).int64(b).unsignedVarint(c).string(s).bytes(bytes).compactString(s).boolean(true)
        writer.topics(list, (row) => writer.int32(row.partition).int64(row.offset).bytes(row.bytes))
        writer.compactTopics(list, (row) => writer.int32(row.partition).noTags())
        const parts = writer.finish()
        const size = writer.size
        const buffer = Buffer.concat(parts)
        expect(buffer.length).toBe(size)
        const reader = new Reader(buffer)
        expect([reader.int32(), reader.int64(), reader.unsignedVarint(), reader.nullableString()]).toEqual([a, b, c, s])
        expect(reader.bytes()).toEqual(Buffer.from(bytes))
        expect([reader.compactNullableString(), reader.boolean()]).toEqual([s, true])
        const byTopic = list.toSorted((x, y) => topicRank(list, x.topic) - topicRank(list, y.topic))
        const read = reader.topics((topic) => ({
          topic,
          partition: reader.int32(),
          offset: reader.int64(),
          bytes: reader.bytes(),
        }))
        expect(read).toEqual(byTopic.map((row) => ({ ...row, bytes: Buffer.from(row.bytes) })))
        const compact = reader.compactTopics((topic) => ({ topic, partition: reader.int32() }))
        expect(compact).toEqual(byTopic.map(({ topic, partition }) => ({ topic, partition })))
      }),
    )
  })

  it('do not copy large fields', () => {
    const bytes = Buffer.alloc(100_000)
    const parts = new Writer().int32(1).bytes(bytes).int32(2).finish()
    expect(parts.some((part) => part.buffer === bytes.buffer && part.length === 100_000)).toBe(true)
  })

  it('skip tagged fields that are not known', () => {
    const reader = new Reader(Buffer.from([2, 0, 1, 255, 7, 2, 1, 2, 9]))
    reader.skipTags()
    expect(reader.int8()).toBe(9)
  })
})

/** Topics come in the order of their first appearance. */
function topicRank(list: readonly { readonly topic: string }[], topic: string): number {
  return list.findIndex((row) => row.topic === topic)
}
