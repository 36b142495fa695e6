import { MillraceError } from '../errors.ts'
import type { GroupIdentity, GroupMember, MemberInfo } from '../log/log.ts'
import { assignTasks } from './assignor.ts'
import { decodeAssignedTasks, decodeMemberData, encodeAssignedTasks, encodeMemberData } from './group-data.ts'
import type { OpenApp } from './open-app.ts'
import { listTasks, type TaskGroup, type TaskSpec } from './task-spec.ts'

export interface MembershipOptions extends Pick<OpenApp, 'plan' | 'settings' | 'log' | 'folder' | 'partitions'> {
  readonly onRebalance: () => void
}

/** What a round of the group gave to this process. */
export interface Assigned {
  readonly identity: GroupIdentity
  readonly specs: readonly TaskSpec[]
  /** False: somebody else may have had any of these tasks since the last round. */
  readonly continuous: boolean
}

/** This process in the application's consumer group. */
export class Membership {
  readonly #member: GroupMember
  readonly #name: string
  readonly #options: MembershipOptions
  readonly #groups: readonly TaskGroup[]
  #identity: GroupIdentity | undefined

  static async open(options: MembershipOptions): Promise<Membership> {
    const { plan, settings, log, folder, onRebalance } = options
    const member = await log.openMember({
      group: settings.app,
      topics: [...plan.subtopologies.flatMap(({ sourceTopics }) => sourceTopics), ...plan.views.map(({ topic }) => topic)],
      sessionTimeoutMs: settings.sessionTimeout,
      instanceId: settings.instanceId ?? folder.processId,
      // The folder is locked: whoever else has its id is dead.
      replaceEarlier: settings.instanceId === undefined,
      onRebalance,
    })
    return new Membership(options, member)
  }

  private constructor(options: MembershipOptions, member: GroupMember) {
    this.#options = options
    this.#member = member
    this.#name = options.settings.instanceId ?? options.folder.processId
    this.#groups = listTasks(options.plan, options.partitions)
  }

  /** True when the group wants this process to join again. */
  get rebalancing(): boolean {
    return this.#member.rebalancing
  }

  /** Who this process is in the group's present generation; undefined before the first round. */
  get identity(): GroupIdentity | undefined {
    return this.#identity
  }

  /**
   * Joins the group, or joins it again. A signal that aborts meanwhile makes it leave, and this reject.
   *
   * @throws {MillraceError} CONFIG_INVALID when another process has this one's name
   */
  async join(owned: readonly string[], signal: AbortSignal): Promise<Assigned> {
    const data = encodeMemberData({ owned, state: await this.#options.folder.taskIds() })
    signal.throwIfAborted()
    const leave = (): void => void this.#member.leave().catch(() => undefined)
    signal.addEventListener('abort', leave, { once: true })
    try {
      const { identity, userData } = await this.#member.join(data, (members) => this.#assign(members))
      const before = this.#identity
      this.#identity = identity
      const byId = new Map(this.#groups.flatMap(({ tasks }) => tasks.map((task) => [task.id, task] as const)))
      return {
        identity,
        specs: decodeAssignedTasks(userData).flatMap((id) => byId.get(id) ?? []),
        continuous: before?.memberId === identity.memberId && identity.generation === before.generation + 1,
      }
    } catch (error) {
      throw this.#explain(error)
    } finally {
      signal.removeEventListener('abort', leave)
    }
  }

  /** A static member stays in the group, and finds its tasks when it comes back (KIP-345). */
  async leave(): Promise<void> {
    if (this.#options.settings.instanceId === undefined) await this.#member.leave()
  }

  #assign(members: readonly MemberInfo[]): ReadonlyMap<string, Uint8Array> {
    const assigned = assignTasks(
      members.map(({ memberId, userData }) => ({ memberId, ...decodeMemberData(userData) })),
      this.#groups.map(({ name, tasks }) => ({ name, tasks: tasks.map(({ id }) => id) })),
    )
    return new Map([...assigned].map(([memberId, tasks]) => [memberId, encodeAssignedTasks(tasks)]))
  }

  #explain(error: unknown): unknown {
    if (!(error instanceof MillraceError) || error.code !== 'FENCED') return error
    return new MillraceError(
      'CONFIG_INVALID',
      `Another process has joined the group "${this.#options.settings.app}" under the name "${this.#name}". Each process needs its ` +
        'own instanceId, and its own state folder (not a copy of one).',
      { cause: error },
    )
  }
}
