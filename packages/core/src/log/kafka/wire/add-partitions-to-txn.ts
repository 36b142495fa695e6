import type { TopicPartition } from '../../log.ts'
import type { Api, PartitionError } from './api.ts'
import type { ProducerIdentity } from './init-producer-id.ts'

export interface AddPartitionsToTxnRequest {
  readonly transactionalId: string
  readonly producer: ProducerIdentity
  readonly partitions: readonly TopicPartition[]
}

export const addPartitionsToTxnApi: Api<AddPartitionsToTxnRequest, readonly PartitionError[]> = {
  key: 24,
  version: 1,
  name: 'AddPartitionsToTxn',
  encode(writer, { transactionalId, producer, partitions }) {
    writer.string(transactionalId).int64(producer.producerId).int16(producer.epoch)
    writer.topics(partitions, ({ partition }) => writer.int32(partition))
  },
  decode(reader) {
    reader.int32() // throttle time
    return reader.topics((topic) => ({ topic, partition: reader.int32(), error: reader.int16() }))
  },
}
