import type { Api } from './api.ts'
import type { TopicOutcome } from './create-topics.ts'

export interface TopicConfig extends TopicOutcome {
  readonly config: Readonly<Record<string, string>>
}

/** The whole configuration of topics, defaults included; sensitive values are absent. */
export const describeConfigsApi: Api<{ readonly topics: readonly string[] }, readonly TopicConfig[]> = {
  key: 32,
  version: 2,
  name: 'DescribeConfigs',
  encode(writer, { topics }) {
    writer.array(topics, (topic) => {
      writer.int8(2) // resource type: topic
      writer.string(topic).int32(-1) // all names
    })
    writer.boolean(false)
  },
  decode(reader) {
    reader.int32() // throttle time
    return reader.array(() => {
      const error = reader.int16()
      const message = reader.nullableString()
      reader.int8() // resource type
      const topic = reader.string()
      const entries = reader.array((): readonly [string, string | null] => {
        const name = reader.string()
        const value = reader.nullableString()
        reader.boolean() // read only
        reader.int8() // source
        reader.boolean() // sensitive
        reader.array(() => [reader.string(), reader.nullableString(), reader.int8()]) // synonyms
        return [name, value]
      })
      const config = Object.fromEntries(entries.filter((entry): entry is [string, string] => entry[1] !== null))
      return { topic, error, message, config }
    })
  },
}
