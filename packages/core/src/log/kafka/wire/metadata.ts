import type { Api } from './api.ts'

export interface BrokerNode {
  readonly node: number
  readonly host: string
  readonly port: number
}

export interface TopicMetadata {
  readonly error: number
  readonly topic: string
  /** In no particular order. A leader of -1: none at the moment. */
  readonly partitions: readonly { readonly partition: number; readonly leader: number }[]
}

export interface MetadataResponse {
  readonly brokers: readonly BrokerNode[]
  readonly controller: number
  readonly topics: readonly TopicMetadata[]
}

/** Brokers, and where the partitions of the named topics are led. Creates nothing. */
export const metadataApi: Api<{ readonly topics: readonly string[] }, MetadataResponse> = {
  key: 3,
  version: 5,
  name: 'Metadata',
  encode(writer, { topics }) {
    writer.array(topics, (topic) => writer.string(topic)).boolean(false)
  },
  decode(reader) {
    reader.int32() // throttle time
    const brokers = reader.array(() => {
      const broker = { node: reader.int32(), host: reader.string(), port: reader.int32() }
      reader.nullableString() // rack
      return broker
    })
    reader.nullableString() // cluster id
    const controller = reader.int32()
    const topics = reader.array(() => {
      const error = reader.int16()
      const topic = reader.string()
      reader.boolean() // internal
      const partitions = reader.array(() => {
        reader.int16() // error: the leader is -1 then
        const result = { partition: reader.int32(), leader: reader.int32() }
        reader.array(() => reader.int32()) // replicas
        reader.array(() => reader.int32()) // in-sync replicas
        reader.array(() => reader.int32()) // offline replicas
        return result
      })
      return { error, topic, partitions }
    })
    return { brokers, controller, topics }
  },
}
