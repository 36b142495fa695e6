import { MillraceError } from '../errors.ts'
import { uncheckedSerde } from '../serde/serde.ts'
import type { StoreRequest } from './graph/index.ts'
import { internalTopic, nameFromPath, validName } from './names.ts'
import type { TimeWindowPlan } from './nodes/node.ts'
import type { TopicTable } from './topic-table.ts'
import type { StorePlan, TopicPlan } from './topology-plan.ts'

/** Changelogs of windows keep a day more than the windows (Kafka Streams' windowstore.changelog.additional.retention.ms). */
const CHANGELOG_EXTRA_MS = 86_400_000

/** The stores of a plan while it is made. */
export class StoreTable {
  readonly #app: string
  readonly #caching: boolean
  readonly #topics: TopicTable
  readonly #plans = new Map<string, StorePlan>()

  constructor(app: string, caching: boolean, topics: TopicTable) {
    this.#app = app
    this.#caching = caching
    this.#topics = topics
  }

  get plans(): ReadonlyMap<string, StorePlan> {
    return this.#plans
  }

  /**
   * Adds the store of an operator and its changelog topic.
   *
   * @returns the store's name
   * @throws {MillraceError} TOPOLOGY_NAME_CLASH, TOPOLOGY_INVALID
   */
  add(operator: string, request: StoreRequest, window?: TimeWindowPlan): string {
    const name = request.as === undefined ? nameFromPath(operator) : validName(request.as, `${operator}: as`)
    const present = this.#plans.get(name)
    if (present !== undefined) {
      throw new MillraceError(
        'TOPOLOGY_NAME_CLASH',
        `Store "${name}" belongs to "${present.operators.join(', ')}" and to "${operator}". Give one of them another name with 'as'`,
        { location: { store: name, operator } },
      )
    }
    const common = {
      name,
      key: uncheckedSerde(request.key),
      value: uncheckedSerde(request.value),
      caching: request.caching ?? this.#caching,
    }
    const retention = window === undefined ? 0 : retentionOf(name, request, window)
    this.#plans.set(name, {
      definition:
        window === undefined ? { kind: 'timestamped', ...common } : { kind: 'window', ...common, size: window.size, retention },
      operators: [operator],
      ...(request.logging && { changelogTopic: this.#addChangelog(operator, name, window === undefined ? null : retention) }),
    })
    return name
  }

  #addChangelog(operator: string, name: string, retention: number | null): string {
    const topic = internalTopic(this.#app, name, 'changelog')
    const cleanup: Pick<TopicPlan, 'cleanup' | 'retentionMs'> =
      retention === null || !Number.isFinite(retention)
        ? { cleanup: 'compact' }
        : { cleanup: 'compact,delete', retentionMs: retention + CHANGELOG_EXTRA_MS }
    return this.#topics.add(operator, { topic, role: 'changelog', ...cleanup })
  }
}

function retentionOf(store: string, request: StoreRequest, { size, grace }: TimeWindowPlan): number {
  const least = size + grace
  const retention = Number.isFinite(least) ? (request.retention ?? least) : least
  if (retention >= least) return retention
  throw new MillraceError(
    'TOPOLOGY_INVALID',
    `Store "${store}": retention (${retention} ms) is shorter than the window and its grace (${size} + ${grace} ms), so open windows would be lost. Give at least ${least}`,
    { location: { store } },
  )
}
