import type { SinkView } from '../connect/connector.ts'
import { MillraceError } from '../errors.ts'
import type { GraphSource } from './graph/index.ts'
import type { TopicPlan } from './topology-plan.ts'
import { validName } from './names.ts'

/** The topics of a plan while it is made, and who uses them. */
export class TopicTable {
  readonly #plans = new Map<string, TopicPlan>()
  /** The operator that each topic was first met at, for messages. */
  readonly #users = new Map<string, string>()

  get plans(): ReadonlyMap<string, TopicPlan> {
    return this.#plans
  }

  /**
   * Adds a topic that belongs to one operator alone.
   *
   * @throws {MillraceError} TOPOLOGY_NAME_CLASH
   */
  add(operator: string, plan: TopicPlan): string {
    const { topic } = plan
    if (this.#plans.has(topic)) {
      throw new MillraceError(
        'TOPOLOGY_NAME_CLASH',
        `"${this.#users.get(topic)}" and "${operator}" both use topic "${topic}". Give one of them another name with 'as' or 'name'`,
        { location: { topic, operator } },
      )
    }
    this.#set(operator, plan)
    return topic
  }

  /** Adds a topic that is read. It may be one that the topology writes. */
  addSource(node: GraphSource, topic: string): string {
    const { id, feed, as, partitions, retention, onInvalid } = node
    const present = this.#plans.get(topic)
    if (present !== undefined && present.role !== 'sink' && present.role !== 'dead-letter') {
      throw new MillraceError(
        'TOPOLOGY_INVALID',
        `Topic "${topic}" is read by "${this.#users.get(topic)}" and by "${id}". It is read once for all: name it once and use that stream or table in both places`,
        { location: { topic, operator: id } },
      )
    }
    const asked = partitions === undefined ? {} : { partitions }
    if (feed === undefined)
      this.#set(id, { topic: validName(topic, id), role: 'source', cleanup: as === 'table' ? 'compact' : 'delete' })
    else this.#set(id, { topic: validName(topic, id), role: 'feed', ...feedRetention(as, retention), ...asked })
    if (typeof onInvalid === 'object') this.#addWritten(id, onInvalid.deadLetter, 'dead-letter')
    return topic
  }

  /** Adds a topic that is written: the user's, or a view's. */
  addSink(operator: string, topic: string, view: SinkView | undefined): string {
    if (view === undefined) return this.#addWritten(operator, topic, 'sink')
    // Sinks write the latest row of each key, so older ones may go.
    return this.add(operator, { topic: validName(topic, operator), role: 'view', cleanup: 'compact' })
  }

  #addWritten(operator: string, topic: string, role: 'sink' | 'dead-letter'): string {
    const present = this.#plans.get(topic)
    if (present === undefined) this.#set(operator, { topic: validName(topic, operator), role, cleanup: 'delete' })
    else if (present.role !== 'sink' && present.role !== 'source' && present.role !== 'dead-letter') {
      this.add(operator, present)
    }
    return topic
  }

  #set(operator: string, plan: TopicPlan): void {
    this.#plans.set(plan.topic, plan)
    if (!this.#users.has(plan.topic)) this.#users.set(plan.topic, operator)
  }
}

/** Retention counts from the records' own times, which can be old: so nothing goes by age unless asked for. */
function feedRetention(as: GraphSource['as'], retention: number | undefined): Pick<TopicPlan, 'cleanup' | 'retentionMs'> {
  if (as === 'stream') return { cleanup: 'delete', retentionMs: retention ?? -1 }
  return retention === undefined ? { cleanup: 'compact' } : { cleanup: 'compact,delete', retentionMs: retention }
}
