import type { TopicPartition } from '../../log.ts'
import type { Api, PartitionError } from './api.ts'

export interface DeleteRecordsRequest {
  /** Everything before the offset goes. */
  readonly partitions: readonly (TopicPartition & { readonly offset: number })[]
  readonly timeoutMs: number
}

export const deleteRecordsApi: Api<DeleteRecordsRequest, readonly PartitionError[]> = {
  key: 21,
  version: 1,
  name: 'DeleteRecords',
  encode(writer, { partitions, timeoutMs }) {
    writer.topics(partitions, ({ partition, offset }) => writer.int32(partition).int64(offset)).int32(timeoutMs)
  },
  decode(reader) {
    reader.int32() // throttle time
    return reader.topics((topic) => {
      const partition = reader.int32()
      reader.int64() // low watermark
      return { topic, partition, error: reader.int16() }
    })
  },
}
