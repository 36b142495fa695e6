import type { GroupIdentity } from '../../log.ts'
import type { Api } from './api.ts'

export interface SyncGroupRequest {
  readonly identity: GroupIdentity
  /** From the leader; empty from the others. */
  readonly assignments: readonly { readonly memberId: string; readonly assignment: Uint8Array }[]
}

export const syncGroupApi: Api<SyncGroupRequest, { readonly error: number; readonly assignment: Buffer }> = {
  key: 14,
  version: 3,
  name: 'SyncGroup',
  encode(writer, { identity, assignments }) {
    writer
      .string(identity.group)
      .int32(identity.generation)
      .string(identity.memberId)
      .string(identity.instanceId ?? null)
    writer.array(assignments, ({ memberId, assignment }) => writer.string(memberId).bytes(assignment))
  },
  decode(reader) {
    reader.int32() // throttle time
    return { error: reader.int16(), assignment: reader.bytes() }
  },
}
