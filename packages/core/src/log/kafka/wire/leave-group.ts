import type { GroupIdentity } from '../../log.ts'
import type { Api } from './api.ts'

/** Answers with an error code. */
export const leaveGroupApi: Api<GroupIdentity, number> = {
  key: 13,
  version: 3,
  name: 'LeaveGroup',
  encode(writer, { group, memberId, instanceId }) {
    writer.string(group).array([memberId], (member) => writer.string(member).string(instanceId ?? null))
  },
  decode(reader) {
    reader.int32() // throttle time
    const error = reader.int16()
    const members = reader.array(() => {
      reader.string() // member
      reader.nullableString() // instance
      return reader.int16()
    })
    return error !== 0 ? error : (members[0] ?? 0)
  },
}
