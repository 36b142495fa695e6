import type { Api, PartitionError } from './api.ts'
import type { ProducerIdentity } from './init-producer-id.ts'
import type { OffsetCommitRequest } from './offset-commit.ts'

export interface TxnOffsetCommitRequest extends OffsetCommitRequest {
  readonly transactionalId: string
  readonly producer: ProducerIdentity
}

/** Offsets of a transaction, fenced by the group's generation (KIP-447). */
export const txnOffsetCommitApi: Api<TxnOffsetCommitRequest, readonly PartitionError[]> = {
  key: 28,
  version: 3,
  name: 'TxnOffsetCommit',
  flexible: true,
  encode(writer, { transactionalId, producer, identity, offsets }) {
    writer.compactString(transactionalId).compactString(identity.group)
    writer.int64(producer.producerId).int16(producer.epoch)
    writer
      .int32(identity.generation)
      .compactString(identity.memberId)
      .compactString(identity.instanceId ?? null)
    writer.compactTopics(offsets, ({ partition, offset, metadata }) => {
      writer.int32(partition).int64(offset)
      writer.int32(-1) // leader epoch
      writer.compactString(metadata).noTags()
    })
    writer.noTags()
  },
  decode(reader) {
    reader.int32() // throttle time
    return reader.compactTopics((topic) => ({ topic, partition: reader.int32(), error: reader.int16() }))
  },
}
