import type { Api } from './api.ts'
import type { TopicOutcome } from './create-topics.ts'

export const deleteTopicsApi: Api<{ readonly topics: readonly string[]; readonly timeoutMs: number }, readonly TopicOutcome[]> = {
  key: 20,
  version: 3,
  name: 'DeleteTopics',
  encode(writer, { topics, timeoutMs }) {
    writer.array(topics, (topic) => writer.string(topic)).int32(timeoutMs)
  },
  decode(reader) {
    reader.int32() // throttle time
    return reader.array(() => ({ topic: reader.string(), error: reader.int16(), message: null }))
  },
}
