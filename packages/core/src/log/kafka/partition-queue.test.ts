import { describe, expect, it } from 'vitest'
import { BATCH, decodeRecordBatches, RecordBatchBuilder } from '../records/index.ts'
import { PartitionQueue, sequenceAfter, type SealedBatch } from './partition-queue.ts'

function batchOf(...values: string[]): SealedBatch {
  const builder = new RecordBatchBuilder()
  for (const value of values) builder.append(1000, null, value)
  return { builder, generation: 0, bytes: null, firstSentAt: 0 }
}

const producer = { producerId: 7, epoch: 1, transactional: true }

describe('the sequence numbers of a partition', () => {
  it('go on after the largest int32 with zero', () => {
    expect(sequenceAfter(0, 10)).toBe(10)
    expect(sequenceAfter(2 ** 31 - 1, 1)).toBe(0)
    expect(sequenceAfter(2 ** 31 - 5, 10)).toBe(5)
  })

  it('stay with a batch when it is sent again, and follow on in the next one', () => {
    const queue = new PartitionQueue('orders', 0)
    const [first, second] = [batchOf('a', 'b', 'c'), batchOf('d')]
    const sequence = (batch: SealedBatch): number => queue.finishHead(batch, producer).readInt32BE(BATCH.sequence)
    expect([sequence(first), sequence(first), sequence(second)]).toEqual([0, 0, 3])
    queue.restart()
    expect(sequence(batchOf('e'))).toBe(0)
  })

  it('are given anew to the halves of a batch that was too large', () => {
    const queue = new PartitionQueue('orders', 0)
    queue.finishHead(batchOf('x', 'y'), producer)
    const large = batchOf('a', 'b', 'c')
    queue.sealed.push(large, batchOf('d'))
    queue.finishHead(large, producer)
    expect(queue.splitHead(large, 1000)).toBe(true)
    const halves = queue.sealed.map((batch) => {
      const bytes = queue.finishHead(batch, producer)
      const { records } = decodeRecordBatches(bytes, { from: 0, checkCrc: true })
      return [bytes.readInt32BE(BATCH.sequence), records.map(({ value }) => String(value)).join()]
    })
    expect(halves).toEqual([
      [2, 'a'],
      [3, 'b,c'],
      [5, 'd'],
    ])
  })
})
