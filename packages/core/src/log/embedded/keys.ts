/**
 * How the embedded log lies in its ordered database. The first byte says what an entry is:
 *
 * | key                                                  | value                                     |
 * |------------------------------------------------------|-------------------------------------------|
 * | `d` topic id (u32) partition (u32) last offset (u64) | one record batch v2                       |
 * | `g` group NUL topic/partition                        | committed offset (JSON)                   |
 * | `m`                                                  | format version and next topic id (JSON)   |
 * | `p` topic id (u32) partition (u32)                   | what is known of a partition (JSON)       |
 * | `t` topic                                            | topic id, partitions, configuration (JSON)|
 * | `w` transactional id                                 | epoch of its newest writer (JSON)         |
 * | `x` topic id (u32)                                   | a deleted topic whose batches may be left |
 *
 * Batches lie under their LAST offset, so that the first entry from an offset on is the batch that holds it.
 */
export const META_KEY: Buffer = Buffer.from('m')

export function topicKey(topic: string): Buffer {
  return Buffer.from(`t${topic}`)
}

export function writerKey(transactionalId: string): Buffer {
  return Buffer.from(`w${transactionalId}`)
}

export function groupOffsetKey(group: string, partition: string): Buffer {
  return Buffer.from(`g${group}\0${partition}`)
}

export function parseGroupOffsetKey(key: Buffer): { readonly group: string; readonly partition: string } {
  const text = key.toString('utf8', 1)
  const end = text.indexOf('\0')
  return { group: text.slice(0, end), partition: text.slice(end + 1) }
}

export function partitionKey(topicId: number, partition: number): Buffer {
  return numbered(PARTITION, topicId, partition, 9)
}

export function parsePartitionKey(key: Buffer): { readonly topicId: number; readonly partition: number } {
  return { topicId: key.readUInt32BE(1), partition: key.readUInt32BE(5) }
}

export function deletedTopicKey(topicId: number): Buffer {
  const key = Buffer.allocUnsafe(5)
  key[0] = 'x'.charCodeAt(0)
  key.writeUInt32BE(topicId, 1)
  return key
}

/** Of the batch that ends with `lastOffset`; as a bound, of the first batch that holds `lastOffset` or something later. */
export function dataKey(topicId: number, partition: number, lastOffset: number): Buffer {
  const key = numbered(DATA, topicId, partition, 17)
  key.writeUInt32BE(Math.floor(lastOffset / 0x1_0000_0000), 9)
  key.writeUInt32BE(lastOffset >>> 0, 13)
  return key
}

/** Upper bound (exclusive) of the batches of a partition. */
export function dataEnd(topicId: number, partition: number): Buffer {
  return dataKey(topicId, partition + 1, 0)
}

/** Everything whose key begins with this letter. */
export function allOf(letter: 'g' | 'p' | 't' | 'w' | 'x'): { readonly gte: Buffer; readonly lt: Buffer } {
  return { gte: Buffer.from(letter), lt: Buffer.of(letter.charCodeAt(0) + 1) }
}

const DATA = 'd'.charCodeAt(0)
const PARTITION = 'p'.charCodeAt(0)

function numbered(letter: number, topicId: number, partition: number, length: number): Buffer {
  const key = Buffer.allocUnsafe(length)
  key[0] = letter
  key.writeUInt32BE(topicId, 1)
  key.writeUInt32BE(partition, 5)
  return key
}
