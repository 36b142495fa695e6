import type { Headers, Pending } from '@millrace/state-store'
import { MillraceError } from '../errors.ts'
import { type LogRecord, NO_HEADERS } from '../log/records/index.ts'
import type { SourceNode } from '../plan/nodes/node.ts'
import type { CurrentRecord } from './current-record.ts'
import { deadLetterHeaders } from './dead-letter.ts'
import type { StreamReceiver } from './operator.ts'
import { operatorFailure, settle } from './operator-failure.ts'
import type { OperatorScope } from './operator-scope.ts'
import type { SourceInput } from './task-context.ts'

/** The head of a chain: decodes the records of one topic, and stands guard over everything below. */
export class Source<K, V> implements SourceInput {
  readonly topic: string
  readonly #node: SourceNode
  readonly #scope: OperatorScope
  readonly #record: CurrentRecord
  readonly #next: StreamReceiver<K | null, V | null>

  // The loaded record.
  #offset = -1
  #key: K | null = null
  #value: V | null = null
  #timestamp = -1
  #headers: Headers = NO_HEADERS

  constructor(node: SourceNode, scope: OperatorScope, next: StreamReceiver<K | null, V | null>) {
    this.topic = node.topic
    this.#node = node
    this.#scope = scope
    this.#record = scope.record
    this.#next = next
  }

  load(record: LogRecord): number {
    const { buffer, keyStart, valueStart } = record
    const { id, key, value, skipTombstones } = this.#node
    if (skipTombstones && valueStart < 0) return -1
    try {
      this.#key = keyStart < 0 ? null : key.decode(buffer, keyStart, record.keyEnd)
      this.#value = valueStart < 0 ? null : value.decode(buffer, valueStart, record.valueEnd)
    } catch (error) {
      return this.#invalid(record, error)
    }
    this.#offset = record.offset
    this.#headers = record.headersStart < 0 ? NO_HEADERS : record.headers
    const timestamp = this.#node.timestamp === undefined ? record.timestamp : this.#extractTimestamp(record)
    this.#timestamp = timestamp
    if (timestamp >= 0) return timestamp
    if (timestamp < 0) this.#scope.task.dropped(id, 'negative-timestamp')
    else return this.#invalid(record, new Error(`its timestamp extractor gave ${timestamp}, which is no time`))
    return -1
  }

  /** Guarded by hand: a closure for each record would cost. */
  process(): Pending {
    const record = this.#record
    record.from(this.topic, this.#scope.task.partition, this.#offset)
    try {
      const pending = this.#next.process(this.#key, this.#value, this.#timestamp, this.#headers)
      return pending === undefined ? undefined : settle(pending, record, this.#scope.task.taskId)
    } catch (error) {
      throw operatorFailure(error, record, this.#scope.task.taskId)
    }
  }

  #extractTimestamp(record: LogRecord): number {
    const view = this.#record.enter(this.#node.id, record.timestamp, this.#headers)
    view.from(this.topic, this.#scope.task.partition, record.offset)
    try {
      const timestamp = this.#node.timestamp?.(this.#value, this.#key, view)
      return timestamp === undefined ? Number.NaN : Math.trunc(timestamp)
    } catch (error) {
      throw operatorFailure(error, view, this.#scope.task.taskId)
    }
  }

  #invalid(record: LogRecord, cause: unknown): number {
    const { id, onInvalid } = this.#node
    const { task } = this.#scope
    const reason = cause instanceof Error ? cause.message : String(cause)
    const location = { topic: this.topic, partition: task.partition, offset: record.offset, operator: id, task: task.taskId }
    if (onInvalid === 'stop') {
      throw new MillraceError(
        'RECORD_INVALID',
        `Record ${this.topic}/${task.partition}, offset ${record.offset} cannot be read by source "${id}": ${reason}. ` +
          "Nothing after it is processed. Correct the serde or schema; or let the source pass over such records: onInvalid: 'skip', " +
          "or onInvalid: { deadLetter: '<topic>' } to keep them.",
        { cause, location },
      )
    }
    if (onInvalid !== 'skip') {
      const headers = deadLetterHeaders(record.headers, reason, location)
      task.collector.send(onInvalid.deadLetter, record.key, record.value, Math.max(0, record.timestamp), headers)
    }
    task.dropped(id, 'invalid')
    return -1
  }
}
