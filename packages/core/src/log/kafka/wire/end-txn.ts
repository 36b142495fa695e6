import type { Api } from './api.ts'
import type { ProducerIdentity } from './init-producer-id.ts'

export interface EndTxnRequest {
  readonly transactionalId: string
  readonly producer: ProducerIdentity
  readonly commit: boolean
}

/** Answers with an error code. */
export const endTxnApi: Api<EndTxnRequest, number> = {
  key: 26,
  version: 1,
  name: 'EndTxn',
  encode(writer, { transactionalId, producer, commit }) {
    writer.string(transactionalId).int64(producer.producerId).int16(producer.epoch).boolean(commit)
  },
  decode(reader) {
    reader.int32() // throttle time
    return reader.int16()
  },
}
