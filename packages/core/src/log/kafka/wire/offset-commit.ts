import type { GroupIdentity, TopicPartition } from '../../log.ts'
import type { Api, PartitionError } from './api.ts'

export interface OffsetToCommit extends TopicPartition {
  readonly offset: number
  readonly metadata: string | null
}

export interface OffsetCommitRequest {
  readonly identity: GroupIdentity
  readonly offsets: readonly OffsetToCommit[]
}

export const offsetCommitApi: Api<OffsetCommitRequest, readonly PartitionError[]> = {
  key: 8,
  version: 7,
  name: 'OffsetCommit',
  encode(writer, { identity, offsets }) {
    writer
      .string(identity.group)
      .int32(identity.generation)
      .string(identity.memberId)
      .string(identity.instanceId ?? null)
    writer.topics(offsets, ({ partition, offset, metadata }) => {
      writer.int32(partition).int64(offset)
      writer.int32(-1) // leader epoch
      writer.string(metadata)
    })
  },
  decode(reader) {
    reader.int32() // throttle time
    return reader.topics((topic) => ({ topic, partition: reader.int32(), error: reader.int16() }))
  },
}
