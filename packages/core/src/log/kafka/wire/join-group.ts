import type { Api } from './api.ts'

export interface JoinGroupRequest {
  readonly group: string
  readonly sessionTimeoutMs: number
  readonly rebalanceTimeoutMs: number
  /** Empty at the first time: the coordinator answers MEMBER_ID_REQUIRED with the one to use (KIP-394). */
  readonly memberId: string
  readonly instanceId: string | null
  readonly protocol: string
  readonly subscription: Uint8Array
}

export interface JoinGroupResponse {
  readonly error: number
  readonly generation: number
  readonly leader: string
  readonly memberId: string
  /** Filled for the leader only. */
  readonly members: readonly { readonly memberId: string; readonly subscription: Buffer }[]
}

/** JoinGroup of the classic group protocol, type `consumer`, so that Kafka's tools understand the group. */
export const joinGroupApi: Api<JoinGroupRequest, JoinGroupResponse> = {
  key: 11,
  version: 5,
  name: 'JoinGroup',
  encode(writer, request) {
    writer.string(request.group).int32(request.sessionTimeoutMs).int32(request.rebalanceTimeoutMs)
    writer.string(request.memberId).string(request.instanceId).string('consumer')
    writer.array([request.protocol], (protocol) => writer.string(protocol).bytes(request.subscription))
  },
  decode(reader) {
    reader.int32() // throttle time
    const error = reader.int16()
    const generation = reader.int32()
    reader.nullableString() // protocol
    const leader = reader.string()
    const memberId = reader.string()
    const members = reader.array(() => {
      const member = reader.string()
      reader.nullableString() // instance
      return { memberId: member, subscription: reader.bytes() }
    })
    return { error, generation, leader, memberId, members }
  },
}
