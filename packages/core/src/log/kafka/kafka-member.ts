import { MillraceError } from '../../errors.ts'
import type { Assignment, GroupIdentity, GroupMember, MemberInfo, MemberOptions } from '../log.ts'
import { type Cluster, Wire } from './connect/index.ts'
import { assignmentUserData, encodeAssignment, encodeSubscription, subscriptionUserData } from './consumer-protocol.ts'
import { BrokerError, check, ERROR, isBrokerError } from './errors.ts'
import { describe } from './offset-commits.ts'
import { heartbeatApi, joinGroupApi, type JoinGroupResponse, leaveGroupApi, syncGroupApi } from './wire/index.ts'

const DEFAULT_SESSION_TIMEOUT_MS = 45_000
const DEFAULT_REBALANCE_TIMEOUT_MS = 60_000
const LONGEST_HEARTBEAT_INTERVAL_MS = 1_000
/** Name of our assignor: members of one group must agree on it. */
const PROTOCOL = 'millrace'

type Assign = (members: readonly MemberInfo[]) => ReadonlyMap<string, Uint8Array>

/**
 * `out` → `joining` → `joined` → (`rebalancing` → `joining` → `joined`)* → `out`. `fenced` is for good.
 */
type MemberState = 'out' | 'joining' | 'joined' | 'rebalancing' | 'fenced'

/** A member of a consumer group by the classic protocol (JoinGroup, SyncGroup, Heartbeat), on a connection of its own. */
export class KafkaMember implements GroupMember {
  readonly #cluster: Cluster
  readonly #options: MemberOptions
  readonly #sessionTimeoutMs: number
  readonly #rebalanceTimeoutMs: number
  /** JoinGroup waits for the other members: heartbeats may not wait behind it. */
  readonly #wire: Wire
  readonly #heartbeatWire: Wire
  #state: MemberState = 'out'
  #memberId = ''
  #identity: GroupIdentity | null = null
  #timer: NodeJS.Timeout | null = null
  #beating = false

  constructor(cluster: Cluster, options: MemberOptions) {
    this.#cluster = cluster
    this.#options = options
    this.#sessionTimeoutMs = options.sessionTimeoutMs ?? DEFAULT_SESSION_TIMEOUT_MS
    this.#rebalanceTimeoutMs = options.rebalanceTimeoutMs ?? DEFAULT_REBALANCE_TIMEOUT_MS
    this.#wire = new Wire(cluster)
    this.#heartbeatWire = new Wire(cluster)
  }

  get rebalancing(): boolean {
    return this.#state === 'rebalancing' || this.#state === 'joining'
  }

  async join(userData: Uint8Array, assign: Assign): Promise<Assignment> {
    if (this.#state === 'fenced') throw this.#fenced()
    const first = this.#state === 'out'
    this.#state = 'joining'
    const { group, topics } = this.#options
    const subscription = encodeSubscription(topics, userData)
    try {
      if (first) await this.#removeEarlier()
      const assignment = await this.#wire.retry(`joining group ${group}`, () => this.#joinOnce(subscription, assign))
      this.#state = 'joined'
      this.#beatLater()
      return assignment
    } catch (error) {
      if (isBrokerError(error, ERROR.fencedInstance)) throw this.#fence()
      this.#state = 'rebalancing'
      throw error
    }
  }

  async leave(): Promise<void> {
    const identity = this.#identity
    const member = this.#state !== 'out' && this.#state !== 'fenced'
    this.#state = this.#state === 'fenced' ? 'fenced' : 'out'
    this.#identity = null
    this.#memberId = ''
    if (this.#timer !== null) clearTimeout(this.#timer)
    this.#timer = null
    if (member && identity !== null) {
      const { group } = identity
      const error = await this.#heartbeatWire
        .sendToCoordinator('group', group, leaveGroupApi, identity)
        .catch((error: unknown) => error)
      if (error !== 0) {
        // The session timeout does it then.
        this.#cluster.logger.warn('kafka-leave-failed', { group, error: String(error) })
      }
    }
    this.#wire.close()
    this.#heartbeatWire.close()
  }

  /** A static member can be removed by anybody who names it (KIP-345, as administrators do). */
  async #removeEarlier(): Promise<void> {
    const { group, instanceId, replaceEarlier } = this.#options
    if (instanceId === undefined || replaceEarlier !== true) return
    const earlier: GroupIdentity = { group, generation: -1, memberId: '', instanceId }
    await this.#wire.retry(`joining group ${group}`, async () => {
      const error = await this.#wire.sendToCoordinator('group', group, leaveGroupApi, earlier)
      if (error !== ERROR.unknownMember) check(error, `LeaveGroup of the earlier ${instanceId} in group ${group}`)
    })
  }

  /** One round of JoinGroup and SyncGroup; repeated when the group goes on to another round meanwhile. */
  async #joinOnce(subscription: Uint8Array, assign: Assign): Promise<Assignment> {
    for (;;) {
      try {
        const joined = await this.#joinGroup(subscription)
        return await this.#syncGroup(joined, assign)
      } catch (error) {
        if (isBrokerError(error, ERROR.memberIdRequired, ERROR.rebalanceInProgress)) continue
        if (!isBrokerError(error, ERROR.unknownMember, ERROR.illegalGeneration)) throw error
        this.#cluster.logger.info('kafka-member-unknown', { group: this.#options.group, member: this.#memberId })
        this.#memberId = ''
      }
    }
  }

  async #joinGroup(subscription: Uint8Array): Promise<JoinGroupResponse> {
    const { group, instanceId } = this.#options
    const response = await this.#wire.sendToCoordinator(
      'group',
      group,
      joinGroupApi,
      {
        group,
        sessionTimeoutMs: this.#sessionTimeoutMs,
        rebalanceTimeoutMs: this.#rebalanceTimeoutMs,
        memberId: this.#memberId,
        instanceId: instanceId ?? null,
        protocol: PROTOCOL,
        subscription,
      },
      this.#rebalanceTimeoutMs,
    )
    if (response.error === ERROR.memberIdRequired) this.#memberId = response.memberId
    check(response.error, `JoinGroup of group ${group}`)
    this.#memberId = response.memberId
    return response
  }

  async #syncGroup(joined: JoinGroupResponse, assign: Assign): Promise<Assignment> {
    const { group, instanceId } = this.#options
    const { generation, memberId } = joined
    const identity: GroupIdentity = { group, generation, memberId, ...(instanceId === undefined ? {} : { instanceId }) }
    this.#identity = identity
    let assignments: { memberId: string; assignment: Uint8Array }[] = []
    if (joined.leader === memberId) {
      const members = joined.members.map((member) => ({
        memberId: member.memberId,
        userData: subscriptionUserData(member.subscription),
      }))
      assignments = Array.from(assign(members), ([member, data]) => ({ memberId: member, assignment: encodeAssignment(data) }))
    }
    const request = { identity, assignments }
    const response = await this.#wire.sendToCoordinator('group', group, syncGroupApi, request, this.#rebalanceTimeoutMs)
    check(response.error, `SyncGroup of ${describe(identity)}`)
    return { identity, userData: assignmentUserData(response.assignment) }
  }

  #beatLater(): void {
    if (this.#timer !== null) clearTimeout(this.#timer)
    const interval = Math.min(LONGEST_HEARTBEAT_INTERVAL_MS, this.#sessionTimeoutMs / 3)
    this.#timer = setTimeout(() => void this.#beat(), interval)
  }

  /** One heartbeat; the next one follows when it is answered. They go on while the group rebalances. */
  async #beat(): Promise<void> {
    const identity = this.#identity
    if (identity === null || this.#beating) return
    this.#beating = true
    try {
      check(
        await this.#heartbeatWire.sendToCoordinator('group', identity.group, heartbeatApi, identity),
        `Heartbeat of ${describe(identity)}`,
      )
    } catch (error) {
      if (this.#identity === identity) this.#heartbeatFailed(identity, error)
    }
    this.#beating = false
    if (this.#identity !== null && this.#state !== 'fenced') this.#beatLater()
  }

  #heartbeatFailed(identity: GroupIdentity, error: unknown): void {
    if (isBrokerError(error, ERROR.fencedInstance)) {
      this.#rebalance()
      this.#fence()
    } else if (isBrokerError(error, ERROR.rebalanceInProgress, ERROR.unknownMember, ERROR.illegalGeneration)) {
      this.#rebalance()
    } else {
      // Broker or coordinator away: the session timeout is long enough for it to come back, and the join finds out otherwise.
      this.#cluster.logger.warn('kafka-heartbeat-failed', {
        group: identity.group,
        member: identity.memberId,
        error: String(error),
      })
      this.#heartbeatWire.forgetCoordinators()
      if (!(error instanceof BrokerError) || error.recovery === 'metadata') {
        this.#cluster.refresh([]).catch((cause: unknown) => {
          this.#cluster.logger.error('kafka-unreachable', { group: identity.group, error: String(cause) })
        })
      }
    }
  }

  #rebalance(): void {
    if (this.#state !== 'joined') return
    this.#state = 'rebalancing'
    this.#options.onRebalance()
  }

  #fence(): MillraceError {
    this.#state = 'fenced'
    this.#identity = null
    return this.#fenced()
  }

  #fenced(): MillraceError {
    const { group, instanceId } = this.#options
    return new MillraceError(
      'FENCED',
      `Member ${instanceId} of group ${group} was fenced: another process has joined under the same instance id. Give each process an instanceId of its own.`,
    )
  }
}
