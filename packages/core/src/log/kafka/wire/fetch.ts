import type { AbortedTransaction } from '../../records/index.ts'
import type { Api, PartitionError } from './api.ts'

export interface FetchRequest {
  /** How long the broker may wait for `minBytes`, ms. */
  readonly maxWaitMs: number
  readonly minBytes: number
  /** Bound of the whole answer; the first batch comes whole even when it is larger (KIP-74). */
  readonly maxBytes: number
  readonly partitions: readonly {
    readonly topic: string
    readonly partition: number
    readonly offset: number
    readonly maxBytes: number
  }[]
}

export interface FetchedPartition extends PartitionError {
  readonly lastStableOffset: number
  readonly aborted: readonly AbortedTransaction[]
  readonly records: Buffer
}

export interface FetchResponse {
  readonly error: number
  readonly partitions: readonly FetchedPartition[]
}

/** Fetch at isolation level read-committed, without fetch sessions. */
export const fetchApi: Api<FetchRequest, FetchResponse> = {
  key: 1,
  version: 11,
  name: 'Fetch',
  encode(writer, { maxWaitMs, minBytes, maxBytes, partitions }) {
    writer.int32(-1).int32(maxWaitMs).int32(minBytes).int32(maxBytes)
    writer.int8(1) // isolation level: read committed
    writer.int32(0).int32(-1) // no fetch session (KIP-227)
    writer.topics(partitions, ({ partition, offset, maxBytes }) => {
      writer.int32(partition)
      writer.int32(-1) // leader epoch: not checked
      writer.int64(offset)
      writer.int64(-1) // log start offset: for followers
      writer.int32(maxBytes)
    })
    writer.int32(0) // forgotten topics of the session
    writer.string('') // rack
  },
  decode(reader) {
    reader.int32() // throttle time
    const error = reader.int16()
    reader.int32() // session
    const partitions = reader.topics((topic) => {
      const partition = reader.int32()
      const error = reader.int16()
      reader.int64() // high watermark
      const lastStableOffset = reader.int64()
      reader.int64() // log start offset
      const aborted = reader.array(() => ({ producerId: reader.int64(), firstOffset: reader.int64() }))
      reader.int32() // preferred replica
      return { topic, partition, error, lastStableOffset, aborted, records: reader.bytes() }
    })
    return { error, partitions }
  },
}
