import { MillraceError } from '../../errors.ts'
import type { Assignment, GroupIdentity, MemberInfo } from '../log.ts'

/** What a group knows of one member. */
export interface Member {
  readonly memberId: string
  readonly instanceId: string | undefined
  readonly rebalanceTimeoutMs: number
  /** A round has begun, or the member was put out: it must join (again). */
  readonly onRebalance: () => void
}

export type Assign = (members: readonly MemberInfo[]) => ReadonlyMap<string, Uint8Array>

interface Joining {
  readonly userData: Uint8Array
  readonly assign: Assign
  readonly resolve: (assignment: Assignment) => void
  readonly reject: (reason: unknown) => void
}

/**
 * One consumer group, as Kafka's coordinator keeps it (KIP-62): a round of rebalancing begins when a member joins or leaves;
 * it ends, with the next generation, when all members have joined again. Who has not within its rebalance timeout is put out.
 */
export class Group {
  readonly #name: string
  #generation = 0
  /** In order of joining: the first is the leader. */
  readonly #members = new Map<string, Member>()
  /** Those that have joined the round that is under way. */
  readonly #joining = new Map<string, Joining>()
  readonly #fenced = new Set<string>()
  #rebalancing = false
  #timer: NodeJS.Timeout | undefined

  constructor(name: string) {
    this.#name = name
  }

  join(member: Member, userData: Uint8Array, assign: Assign): Promise<Assignment> {
    return new Promise((resolve, reject) => {
      if (this.#fenced.has(member.memberId)) throw this.#fencedError(member)
      this.#fenceEarlierInstance(member)
      this.#members.set(member.memberId, member)
      this.#joining.get(member.memberId)?.reject(this.#notAMember(member.memberId))
      this.#joining.set(member.memberId, { userData, assign, resolve, reject })
      this.#begin()
      this.#completeIfAllJoined()
    })
  }

  leave(memberId: string): void {
    this.#joining.get(memberId)?.reject(this.#notAMember(memberId))
    this.#joining.delete(memberId)
    if (!this.#members.delete(memberId)) return
    this.#begin()
    this.#completeIfAllJoined()
  }

  /**
   * May a member of this generation still commit? It may while the next round gathers, not after.
   * @throws {MillraceError} FENCED, NOT_A_MEMBER
   */
  check(identity: GroupIdentity): void {
    const { memberId, generation, instanceId } = identity
    if (this.#fenced.has(memberId)) throw this.#fencedError({ memberId, instanceId })
    // As in Kafka, offsets may be set from outside while nobody is in the group.
    if (generation < 0 && this.#members.size === 0) return
    if (!this.#members.has(memberId) || generation !== this.#generation) throw this.#notAMember(memberId, generation)
  }

  close(reason: unknown): void {
    clearTimeout(this.#timer)
    for (const { reject } of this.#joining.values()) reject(reason)
    this.#joining.clear()
    this.#members.clear()
  }

  #begin(): void {
    if (this.#rebalancing || this.#members.size === 0) return
    this.#rebalancing = true
    let timeout = 0
    for (const [memberId, member] of this.#members) {
      timeout = Math.max(timeout, member.rebalanceTimeoutMs)
      if (!this.#joining.has(memberId)) this.#notify(member)
    }
    this.#timer = setTimeout(() => this.#putOutMissing(), timeout)
    this.#timer.unref()
  }

  /** Not from within the call of another member; by then it may have joined by itself. */
  #notify(member: Member): void {
    const generation = this.#generation
    queueMicrotask(() => {
      if (generation === this.#generation && !this.#joining.has(member.memberId)) member.onRebalance()
    })
  }

  #putOutMissing(): void {
    for (const memberId of this.#members.keys()) if (!this.#joining.has(memberId)) this.#members.delete(memberId)
    this.#completeIfAllJoined()
  }

  #completeIfAllJoined(): void {
    if (!this.#rebalancing || this.#joining.size < this.#members.size) return
    clearTimeout(this.#timer)
    this.#rebalancing = false
    const [leaderId] = this.#members.keys()
    const leader = leaderId === undefined ? undefined : this.#joining.get(leaderId)
    if (leaderId === undefined || leader === undefined) return
    this.#generation++
    let assignments: ReadonlyMap<string, Uint8Array>
    try {
      assignments = leader.assign([...this.#joining].map(([memberId, { userData }]) => ({ memberId, userData })))
    } catch (error) {
      // Without an assignment there is no generation: the leader goes with its error, the others choose another one.
      this.#members.delete(leaderId)
      this.#joining.delete(leaderId)
      leader.reject(error)
      this.#begin()
      this.#completeIfAllJoined()
      return
    }
    for (const [memberId, { resolve }] of this.#joining) {
      const instanceId = this.#members.get(memberId)?.instanceId
      const identity = {
        group: this.#name,
        generation: this.#generation,
        memberId,
        ...(instanceId === undefined ? {} : { instanceId }),
      }
      resolve({ identity, userData: assignments.get(memberId) ?? new Uint8Array() })
    }
    this.#joining.clear()
  }

  /** A new member with the same instance id takes the place of the earlier one (KIP-345). */
  #fenceEarlierInstance({ memberId, instanceId }: Member): void {
    if (instanceId === undefined) return
    for (const earlier of this.#members.values()) {
      if (earlier.instanceId !== instanceId || earlier.memberId === memberId) continue
      this.#members.delete(earlier.memberId)
      this.#fenced.add(earlier.memberId)
      this.#joining.get(earlier.memberId)?.reject(this.#fencedError(earlier))
      this.#joining.delete(earlier.memberId)
      queueMicrotask(earlier.onRebalance)
    }
  }

  #fencedError({ memberId, instanceId }: { readonly memberId: string; readonly instanceId: string | undefined }): MillraceError {
    return new MillraceError(
      'FENCED',
      `Member ${memberId} of group ${this.#name} was replaced by another one with its instance id ${instanceId}. Close what it ` +
        'worked on; if both are meant to run, give each an instance id of its own.',
    )
  }

  #notAMember(memberId: string, generation?: number): MillraceError {
    const which = generation === undefined ? '' : ` of generation ${generation}`
    return new MillraceError(
      'NOT_A_MEMBER',
      `Member ${memberId}${which} is not part of group ${this.#name}, which is at generation ${this.#generation}: the group has ` +
        'rebalanced without it. Join again, and go on from the committed offsets.',
    )
  }
}
