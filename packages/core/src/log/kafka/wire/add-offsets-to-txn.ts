import type { Api } from './api.ts'
import type { ProducerIdentity } from './init-producer-id.ts'

export interface AddOffsetsToTxnRequest {
  readonly transactionalId: string
  readonly producer: ProducerIdentity
  readonly group: string
}

/** Answers with an error code. */
export const addOffsetsToTxnApi: Api<AddOffsetsToTxnRequest, number> = {
  key: 25,
  version: 1,
  name: 'AddOffsetsToTxn',
  encode(writer, { transactionalId, producer, group }) {
    writer.string(transactionalId).int64(producer.producerId).int16(producer.epoch).string(group)
  },
  decode(reader) {
    reader.int32() // throttle time
    return reader.int16()
  },
}
