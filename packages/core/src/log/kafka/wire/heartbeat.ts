import type { GroupIdentity } from '../../log.ts'
import type { Api } from './api.ts'

/** Answers with an error code. */
export const heartbeatApi: Api<GroupIdentity, number> = {
  key: 12,
  version: 3,
  name: 'Heartbeat',
  encode(writer, { group, generation, memberId, instanceId }) {
    writer
      .string(group)
      .int32(generation)
      .string(memberId)
      .string(instanceId ?? null)
  },
  decode(reader) {
    reader.int32() // throttle time
    return reader.int16()
  },
}
