/**
 * What members and leader tell each other in the user data of the group protocol (ConsumerProtocolSubscription and
 * ConsumerProtocolAssignment, field UserData): versioned JSON.
 */

/** What a member tells the leader. */
export interface MemberData {
  /** Tasks that it has open. */
  readonly owned: readonly string[]
  /** Tasks whose state is in its state folder. */
  readonly state: readonly string[]
}

const VERSION = 1

export function encodeMemberData(data: MemberData): Uint8Array {
  return Buffer.from(JSON.stringify({ version: VERSION, ...data }))
}

/** Data that cannot be read (a member of another version, or not of Millrace) counts as owning nothing. */
export function decodeMemberData(bytes: Uint8Array): MemberData {
  const data = parse(bytes)
  return { owned: textList(data.owned), state: textList(data.state) }
}

export function encodeAssignedTasks(tasks: readonly string[]): Uint8Array {
  return Buffer.from(JSON.stringify({ version: VERSION, tasks }))
}

export function decodeAssignedTasks(bytes: Uint8Array): readonly string[] {
  return textList(parse(bytes).tasks)
}

function parse(bytes: Uint8Array): Record<string, unknown> {
  try {
    const data: unknown = JSON.parse(Buffer.from(bytes).toString())
    return typeof data === 'object' && data !== null ? { ...data } : {}
  } catch {
    return {}
  }
}

function textList(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : []
}
