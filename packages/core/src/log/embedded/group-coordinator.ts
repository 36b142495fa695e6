import { MillraceError } from '../../errors.ts'
import type { Assignment, GroupIdentity, GroupMember, MemberInfo, MemberOptions } from '../log.ts'
import { Group, type Member } from './group.ts'

/** The groups of one log. Members live in this process, so membership is memory only; offsets are kept by LogStorage. */
export class GroupCoordinator {
  readonly #groups = new Map<string, Group>()
  #members = 0

  openMember(options: MemberOptions): GroupMember {
    return new EmbeddedMember(this.#group(options.group), `${options.instanceId ?? options.group}-${++this.#members}`, options)
  }

  /** @throws {MillraceError} FENCED, NOT_A_MEMBER when the identity may not commit offsets (any more) */
  check(identity: GroupIdentity): void {
    this.#group(identity.group).check(identity)
  }

  close(): void {
    const closed = new MillraceError('LOG_CLOSED', 'The embedded log was closed while a member joined its group.')
    for (const group of this.#groups.values()) group.close(closed)
  }

  #group(name: string): Group {
    let group = this.#groups.get(name)
    if (group === undefined) this.#groups.set(name, (group = new Group(name)))
    return group
  }
}

class EmbeddedMember implements GroupMember {
  readonly #group: Group
  readonly #member: Member
  #rebalancing = false

  constructor(group: Group, memberId: string, options: MemberOptions) {
    this.#group = group
    this.#member = {
      memberId,
      instanceId: options.instanceId,
      rebalanceTimeoutMs: options.rebalanceTimeoutMs ?? 60_000,
      onRebalance: () => {
        if (this.#rebalancing) return
        this.#rebalancing = true
        options.onRebalance()
      },
    }
  }

  get rebalancing(): boolean {
    return this.#rebalancing
  }

  async join(
    userData: Uint8Array,
    assign: (members: readonly MemberInfo[]) => ReadonlyMap<string, Uint8Array>,
  ): Promise<Assignment> {
    const assignment = await this.#group.join(this.#member, userData, assign)
    this.#rebalancing = false
    return assignment
  }

  async leave(): Promise<void> {
    this.#group.leave(this.#member.memberId)
  }
}
