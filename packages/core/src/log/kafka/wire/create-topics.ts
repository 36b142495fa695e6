import type { Api } from './api.ts'

export interface NewTopic {
  readonly topic: string
  readonly partitions: number
  /** -1: the broker's default. */
  readonly replicas: number
  readonly config: readonly (readonly [name: string, value: string])[]
}

export interface TopicOutcome {
  readonly topic: string
  readonly error: number
  readonly message: string | null
}

export const createTopicsApi: Api<{ readonly topics: readonly NewTopic[]; readonly timeoutMs: number }, readonly TopicOutcome[]> =
  {
    key: 19,
    version: 4,
    name: 'CreateTopics',
    encode(writer, { topics, timeoutMs }) {
      writer.array(topics, ({ topic, partitions, replicas, config }) => {
        writer.string(topic).int32(partitions).int16(replicas)
        writer.int32(0) // replica assignment by hand
        writer.array(config, ([name, value]) => writer.string(name).string(value))
      })
      writer.int32(timeoutMs).boolean(false)
    },
    decode(reader) {
      reader.int32() // throttle time
      return reader.array(() => ({ topic: reader.string(), error: reader.int16(), message: reader.nullableString() }))
    },
  }
