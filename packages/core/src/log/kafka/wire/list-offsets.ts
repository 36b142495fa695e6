import type { TopicPartition } from '../../log.ts'
import type { Api, PartitionError } from './api.ts'

/** Asks for the oldest record that is still there. */
export const EARLIEST = -2
/** Asks for the last stable offset; read-uncommitted, for the high watermark. */
export const LATEST = -1

export interface ListOffsetsRequest {
  readonly isolation: 'read-committed' | 'read-uncommitted'
  readonly at: typeof EARLIEST | typeof LATEST
  readonly partitions: readonly TopicPartition[]
}

export interface ListedOffset extends PartitionError {
  readonly offset: number
}

export const listOffsetsApi: Api<ListOffsetsRequest, readonly ListedOffset[]> = {
  key: 2,
  version: 3,
  name: 'ListOffsets',
  encode(writer, { at, isolation, partitions }) {
    writer.int32(-1).int8(isolation === 'read-committed' ? 1 : 0)
    writer.topics(partitions, ({ partition }) => writer.int32(partition).int64(at))
  },
  decode(reader) {
    reader.int32() // throttle time
    return reader.topics((topic) => {
      const partition = reader.int32()
      const error = reader.int16()
      reader.int64() // timestamp
      return { topic, partition, error, offset: reader.int64() }
    })
  },
}
