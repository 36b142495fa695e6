import { gzipSync, zstdCompressSync } from 'node:zlib'
import type { Encoded, Headers } from '@millrace/state-store'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { MillraceError } from '../../errors.ts'
import { crc32c } from './crc32c.ts'
import { decodeRecordBatches } from './decode-record-batches.ts'
import type { LogRecord } from './log-record.ts'
import { RecordBatchBuilder } from './record-batch-builder.ts'
import { BATCH, BATCH_PREFIX, batchNextOffset, CONTROL, LOG_APPEND_TIME, writeInt64 } from './record-batch-format.ts'

interface Input {
  readonly timestamp: number
  readonly key: Encoded | null
  readonly value: Encoded | null
  readonly headers: Headers
}

const text = fc.oneof(
  fc.string({ maxLength: 80 }),
  fc.string({ unit: 'binary', maxLength: 80 }),
  fc.string({ unit: 'grapheme', minLength: 50, maxLength: 9000 }),
)
const bytes = fc.uint8Array({ maxLength: 300 })
const encoded = fc.option(fc.oneof(text, bytes))
const header = fc.tuple(fc.string({ unit: 'grapheme', maxLength: 20 }), fc.option(bytes))
const timestamp = fc.oneof(fc.integer({ min: -1, max: 8_640_000_000_000_000 }), fc.integer({ min: 0, max: 100_000 }))
const input: fc.Arbitrary<Input> = fc.record({
  timestamp,
  key: encoded,
  value: encoded,
  headers: fc.array(header, { maxLength: 4 }),
})

function build(inputs: readonly Input[], baseOffset = 0): Buffer {
  const builder = new RecordBatchBuilder({ initialBytes: 128 })
  for (const { timestamp, key, value, headers } of inputs) builder.append(timestamp, key, value, headers)
  return Buffer.from(builder.finish({ baseOffset }))
}

function plain(encoded: Encoded | null): string | null {
  return encoded === null ? null : Buffer.from(encoded as string).toString('hex')
}

function shape(record: LogRecord): unknown {
  return {
    offset: record.offset,
    timestamp: record.timestamp,
    key: record.key?.toString('hex') ?? null,
    value: record.value?.toString('hex') ?? null,
    headers: record.headers.map(([name, value]) => [name, value === null ? null : plain(value)]),
  }
}

function expected(input: Input, offset: number): unknown {
  return {
    offset,
    timestamp: input.timestamp,
    key: plain(input.key),
    value: plain(input.value),
    headers: input.headers.map(([name, value]) => [name, value === null ? null : plain(value)]),
  }
}

/** Replaces the records of a finished batch by their compressed form. */
function compressed(batch: Buffer, codec: number, compress: (bytes: Buffer) => Buffer): Buffer {
  const result = Buffer.concat([batch.subarray(0, BATCH.records), compress(batch.subarray(BATCH.records))])
  result.writeInt16BE(codec, BATCH.attributes)
  return resealed(result)
}

function resealed(batch: Buffer): Buffer {
  batch.writeInt32BE(batch.length - BATCH_PREFIX, BATCH.length)
  batch.writeUInt32BE(crc32c(batch, BATCH.attributes, batch.length), BATCH.crc)
  return batch
}

const some: readonly Input[] = [
  { timestamp: 1000, key: 'a', value: 'first', headers: [] },
  { timestamp: 900, key: null, value: null, headers: [['h', null]] },
  { timestamp: 5_000_000_000_000, key: 'ключ', value: 'значение', headers: [] },
]

describe('a record batch', () => {
  it('decodes to what was appended: null keys and values, headers, any text and timestamp', () => {
    fc.assert(
      fc.property(fc.array(input, { minLength: 1, maxLength: 200 }), fc.nat(1e15), (inputs, base) => {
        const { records, nextOffset } = decodeRecordBatches(build(inputs, base), { from: base, checkCrc: true })
        expect(records.map(shape)).toEqual(inputs.map((input, i) => expected(input, base + i)))
        expect(nextOffset).toBe(base + inputs.length)
      }),
      { numRuns: 200 },
    )
  })

  it('is found damaged wherever one byte of its checked part changes, and the error names the place', () => {
    const batch = build(some, 70)
    fc.assert(
      fc.property(fc.integer({ min: BATCH.crc, max: batch.length - 1 }), fc.integer({ min: 1, max: 255 }), (at, flip) => {
        const damaged = Buffer.from(batch)
        damaged[at] = (damaged[at] ?? 0) ^ flip
        const source = { topic: 'orders', partition: 3 }
        expect(() => decodeRecordBatches(damaged, { from: 70, checkCrc: true, source })).toThrow(
          expect.objectContaining({
            code: 'LOG_CORRUPT',
            message: expect.stringContaining('orders/3 offset 70'),
            location: { topic: 'orders', partition: 3, offset: 70 },
          }),
        )
      }),
    )
  })

  it('never reads outside itself when damaged and not checked: a record or LOG_CORRUPT comes out, and it ends', () => {
    const batch = build(some)
    fc.assert(
      fc.property(fc.integer({ min: BATCH.records, max: batch.length - 1 }), fc.nat(255), (at, byte) => {
        const damaged = Buffer.from(batch)
        damaged[at] = byte
        try {
          decodeRecordBatches(damaged, { from: 0, checkCrc: false })
        } catch (error) {
          expect(error).toBeInstanceOf(MillraceError)
        }
      }),
    )
  })

  it('skips records before the position inside a batch', () => {
    const { records } = decodeRecordBatches(build(some, 10), { from: 12, checkCrc: true })
    expect(records.map((record) => record.offset)).toEqual([12])
  })

  it('leaves a truncated last batch for the next fetch', () => {
    const two = Buffer.concat([build(some, 0), build(some, 3)])
    for (const cut of [1, 30, 70]) {
      const { records, nextOffset } = decodeRecordBatches(two.subarray(0, two.length - cut), { from: 0, checkCrc: true })
      expect(records).toHaveLength(3)
      expect(nextOffset).toBe(3)
    }
  })

  it('moves the position past the offsets that compaction emptied', () => {
    const batch = build(some, 5)
    batch.writeInt32BE(40, BATCH.lastOffsetDelta)
    expect(batchNextOffset(batch, 0)).toBe(46)
    expect(decodeRecordBatches(resealed(batch), { from: 5, checkCrc: true }).nextOffset).toBe(46)
  })

  it('gives every record the broker time when the topic stamps on append', () => {
    const batch = build(some)
    batch.writeInt16BE(LOG_APPEND_TIME, BATCH.attributes)
    writeInt64(batch, 777, BATCH.maxTimestamp)
    const { records } = decodeRecordBatches(resealed(batch), { from: 0, checkCrc: true })
    expect(records.map((record) => record.timestamp)).toEqual([777, 777, 777])
  })

  it('is read when compressed with gzip or zstd', () => {
    for (const batch of [compressed(build(some), 1, gzipSync), compressed(build(some), 4, zstdCompressSync)]) {
      const { records } = decodeRecordBatches(batch, { from: 0, checkCrc: true })
      expect(records.map(shape)).toEqual(some.map((input, i) => expected(input, i)))
    }
  })

  it('is refused by the name of its codec when compressed with another', () => {
    for (const [codec, name] of [
      [2, 'snappy'],
      [3, 'lz4'],
    ] as const) {
      const batch = compressed(build(some), codec, (bytes) => bytes)
      expect(() => decodeRecordBatches(batch, { from: 0, checkCrc: true })).toThrow(name)
    }
  })

  it('is refused when its message format is not 2', () => {
    const batch = build(some)
    batch[BATCH.magic] = 1
    expect(() => decodeRecordBatches(batch, { from: 0, checkCrc: true })).toThrow('message format 1')
  })
})

describe('a builder', () => {
  it('refuses what would exceed its bound and stays as it was', () => {
    const builder = new RecordBatchBuilder({ maxBytes: 200 })
    expect(builder.append(1, 'k', 'x'.repeat(60))).toBe(true)
    const size = builder.size
    expect(builder.append(99, 'k', 'x'.repeat(100))).toBe(false)
    expect([builder.size, builder.count, builder.maxTimestamp]).toEqual([size, 1, 1])
    expect(decodeRecordBatches(builder.finish(), { from: 0, checkCrc: true }).records).toHaveLength(1)
  })

  it('is reusable, and can finish the same records again under another writer', () => {
    const builder = new RecordBatchBuilder()
    builder.append(1, 'a', 'b')
    builder.finish({ producerId: 1, epoch: 1, sequence: 9 })
    const again = builder.finish({ producerId: 2 ** 40, epoch: 3, sequence: 0, transactional: true, baseOffset: 4 })
    expect(again.readBigInt64BE(BATCH.producerId)).toBe(2n ** 40n)
    expect(decodeRecordBatches(again, { from: 4, checkCrc: true }).nextOffset).toBe(5)
    builder.reset()
    builder.append(2, null, 'c')
    const { records } = decodeRecordBatches(builder.finish(), { from: 0, checkCrc: true })
    expect(records.map((record) => [record.key, record.timestamp])).toEqual([[null, 2]])
  })
})

describe('reading committed records only', () => {
  const data = (producerId: number, baseOffset: number): Buffer => {
    const builder = new RecordBatchBuilder()
    builder.append(0, null, `${producerId}@${baseOffset}`)
    return Buffer.from(builder.finish({ producerId, epoch: 0, sequence: 0, transactional: true, baseOffset }))
  }
  const marker = (producerId: number, baseOffset: number, commits: boolean): Buffer => {
    const builder = new RecordBatchBuilder()
    builder.append(0, Buffer.from([0, 0, 0, commits ? 1 : 0]), Buffer.alloc(6))
    const batch = Buffer.from(builder.finish({ producerId, epoch: 0, transactional: true, baseOffset }))
    batch.writeInt16BE(batch.readInt16BE(BATCH.attributes) | CONTROL, BATCH.attributes)
    return resealed(batch)
  }
  const values = (batches: Buffer[], aborted: { producerId: number; firstOffset: number }[], from = 0): unknown => {
    const { records, nextOffset } = decodeRecordBatches(Buffer.concat(batches), { from, aborted, checkCrc: true })
    return [records.map((record) => record.value?.toString()), nextOffset]
  }

  it('hides interleaved aborted transactions and control records, and shows what the same writers commit', () => {
    const batches = [data(1, 0), data(2, 1), marker(2, 2, false), data(2, 3), data(1, 4), marker(1, 5, false), data(1, 6)]
    batches.push(marker(2, 7, true), data(1, 8), marker(1, 9, false), data(1, 10), marker(1, 11, true))
    const aborted = [
      { producerId: 1, firstOffset: 6 },
      { producerId: 2, firstOffset: 1 },
      { producerId: 1, firstOffset: 0 },
    ]
    expect(values(batches, aborted)).toEqual([['2@3', '1@10'], 12])
  })

  it('hides the rest of an aborted transaction that began before the fetch and ends after it', () => {
    expect(values([data(1, 20), data(3, 21), data(1, 22)], [{ producerId: 1, firstOffset: 4 }], 20)).toEqual([['3@21'], 23])
  })

  it('does not take a user record with a key of four zero bytes for a marker', () => {
    const builder = new RecordBatchBuilder()
    builder.append(0, Buffer.alloc(4), 'user')
    const impostor = Buffer.from(builder.finish({ producerId: 1, epoch: 0, sequence: 0, transactional: true, baseOffset: 1 }))
    const aborted = [{ producerId: 1, firstOffset: 0 }]
    expect(values([data(1, 0), impostor, data(1, 2), marker(1, 3, false)], aborted)).toEqual([[], 4])
  })
})
