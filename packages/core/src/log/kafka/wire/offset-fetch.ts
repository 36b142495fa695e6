import type { TopicPartition } from '../../log.ts'
import type { Api, PartitionError } from './api.ts'

export interface OffsetFetchRequest {
  readonly group: string
  readonly partitions: readonly TopicPartition[]
}

export interface OffsetFetchResponse {
  readonly error: number
  /** An offset of -1: nothing committed. Metadata is empty where there is none. */
  readonly partitions: readonly (PartitionError & { readonly offset: number; readonly metadata: string })[]
}

/** Committed offsets, stable ones only: UNSTABLE_OFFSET_COMMIT while a transaction on them is pending (KIP-447). */
export const offsetFetchApi: Api<OffsetFetchRequest, OffsetFetchResponse> = {
  key: 9,
  version: 7,
  name: 'OffsetFetch',
  flexible: true,
  encode(writer, { group, partitions }) {
    writer.compactString(group)
    // Here a topic's partitions are bare numbers, without tagged fields.
    writer.compactTopics(partitions, ({ partition }) => writer.int32(partition))
    writer.boolean(true).noTags()
  },
  decode(reader) {
    reader.int32() // throttle time
    const partitions = reader.compactTopics((topic) => {
      const partition = reader.int32()
      const offset = reader.int64()
      reader.int32() // leader epoch
      const metadata = reader.compactNullableString() ?? ''
      return { topic, partition, offset, metadata, error: reader.int16() }
    })
    return { partitions, error: reader.int16() }
  },
}
