import type { Headers, KeyValueStore, Pending } from '@millrace/state-store'
import type { ForeignKeyRespondNode } from '../plan/nodes/join-nodes.ts'
import type { Subscription } from '../serde/foreign-key.ts'
import { toBytes } from '../serde/encoded.ts'
import type { StreamReceiver, TableReceiver } from './operator.ts'
import type { OperatorScope } from './operator-scope.ts'
import { subscriber, subscriptionKey, subscriptionsOf } from './subscription-store.ts'
import { type TableReader, tableReader } from './table-reader.ts'

/**
 * The right side of a foreign-key join: answers subscriptions with the row that they name, and tells all subscribers of a row
 * of its changes, in the order of their keys (Kafka Streams' SubscriptionReceive, SubscriptionJoin and ForeignTableJoin).
 */
export class ForeignKeyRespond<FK, V> {
  readonly subscriptions: StreamReceiver<FK | null, Subscription>
  readonly rows: TableReceiver<FK, V>

  constructor(node: ForeignKeyRespondNode, scope: OperatorScope) {
    const store = scope.task.state.keyValue<Uint8Array, Uint8Array>(node.store)
    const [, right = ''] = node.parents
    this.subscriptions = new Subscriptions(node, scope, store, tableReader(right, scope))
    this.rows = new Rows(node, scope, store)
  }
}

class Subscriptions<FK, V> implements StreamReceiver<FK | null, Subscription> {
  readonly #node: ForeignKeyRespondNode
  readonly #scope: OperatorScope
  readonly #store: KeyValueStore<Uint8Array, Uint8Array>
  readonly #right: TableReader<FK, V>

  constructor(
    node: ForeignKeyRespondNode,
    scope: OperatorScope,
    store: KeyValueStore<Uint8Array, Uint8Array>,
    right: TableReader<FK, V>,
  ) {
    this.#node = node
    this.#scope = scope
    this.#store = store
    this.#right = right
  }

  process(foreignKey: FK | null, message: Subscription, timestamp: number, headers: Headers): Pending {
    const { instruction, hash, partition, primaryKey } = message
    const { id, topic, foreignKey: keys, value: responses } = this.#node
    if (foreignKey !== null) {
      const place = subscriptionKey(toBytes(keys.encode(foreignKey)), primaryKey)
      if (hash === null || instruction === 'end' || instruction === 'end-and-answer') this.#store.delete(place)
      else this.#store.put(place, subscriber({ hash, partition }))
    }
    if (instruction === 'end') return
    const row = foreignKey === null ? undefined : this.#right.get(foreignKey)
    if (instruction === 'answer-if-present' && row === undefined) return
    const time = row === undefined ? timestamp : Math.max(timestamp, row.timestamp)
    const value = instruction === 'end-and-answer' ? null : (row?.value ?? null)
    this.#scope.record.enter(id, time, headers)
    this.#scope.task.collector.send(topic, primaryKey, responses.encode({ hash, value }), time, headers, partition)
  }
}

class Rows<FK, V> implements TableReceiver<FK, V> {
  readonly #node: ForeignKeyRespondNode
  readonly #scope: OperatorScope
  readonly #store: KeyValueStore<Uint8Array, Uint8Array>

  constructor(node: ForeignKeyRespondNode, scope: OperatorScope, store: KeyValueStore<Uint8Array, Uint8Array>) {
    this.#node = node
    this.#scope = scope
    this.#store = store
  }

  change(key: FK, next: V | null, _previous: V | null, timestamp: number, headers: Headers, outdated?: boolean): Pending {
    // A join is of the latest versions.
    if (outdated !== true) return this.#tell(key, next, timestamp, headers)
  }

  async #tell(key: FK, next: V | null, timestamp: number, headers: Headers): Promise<void> {
    const { id, topic, foreignKey, value: responses } = this.#node
    const { collector } = this.#scope.task
    const foreignKeyBytes = toBytes(foreignKey.encode(key))
    for await (const [primaryKey, { hash, partition }] of subscriptionsOf(this.#store, foreignKeyBytes)) {
      this.#scope.record.enter(id, timestamp, headers)
      collector.send(topic, primaryKey, responses.encode({ hash, value: next }), timestamp, headers, partition)
    }
  }
}
