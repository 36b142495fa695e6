import type { Api, PartitionError } from './api.ts'

export interface ProduceRequest {
  readonly transactionalId: string | null
  /** How long the broker may wait for its replicas, ms. */
  readonly timeoutMs: number
  readonly batches: readonly { readonly topic: string; readonly partition: number; readonly bytes: Buffer }[]
}

export interface ProducedPartition extends PartitionError {
  /** Offset of the batch's first record. */
  readonly baseOffset: number
}

/** Produce with acks from all in-sync replicas. */
export const produceApi: Api<ProduceRequest, readonly ProducedPartition[]> = {
  key: 0,
  version: 7,
  name: 'Produce',
  encode(writer, { transactionalId, timeoutMs, batches }) {
    writer.string(transactionalId).int16(-1).int32(timeoutMs)
    writer.topics(batches, ({ partition, bytes }) => writer.int32(partition).bytes(bytes))
  },
  decode(reader) {
    return reader.topics((topic) => {
      const result = { topic, partition: reader.int32(), error: reader.int16(), baseOffset: reader.int64() }
      reader.int64() // log append time
      reader.int64() // log start offset
      return result
    })
  },
}
