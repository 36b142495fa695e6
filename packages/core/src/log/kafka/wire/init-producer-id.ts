import type { Api } from './api.ts'

/** A producer's name to the broker: whoever has an older epoch is fenced. */
export interface ProducerIdentity {
  readonly producerId: number
  readonly epoch: number
}

/** What to say at the first time: every earlier producer of the transactional id is fenced. */
export const NO_PRODUCER: ProducerIdentity = { producerId: -1, epoch: -1 }

export interface InitProducerIdRequest {
  readonly transactionalId: string | null
  readonly transactionTimeoutMs: number
  /** With the identity so far, the request is refused when somebody else has taken the id meanwhile (KIP-360). */
  readonly current: ProducerIdentity
}

export const initProducerIdApi: Api<InitProducerIdRequest, ProducerIdentity & { readonly error: number }> = {
  key: 22,
  version: 3,
  name: 'InitProducerId',
  flexible: true,
  encode(writer, { transactionalId, transactionTimeoutMs, current }) {
    writer.compactString(transactionalId).int32(transactionTimeoutMs)
    writer.int64(current.producerId).int16(current.epoch).noTags()
  },
  decode(reader) {
    reader.int32() // throttle time
    return { error: reader.int16(), producerId: reader.int64(), epoch: reader.int16() }
  },
}
