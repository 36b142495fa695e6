import type { Encoded, Headers } from '@millrace/state-store'
import type { ForeignKeySubscribeNode } from '../plan/nodes/join-nodes.ts'
import { subscription, type SubscriptionInstruction } from '../serde/foreign-key.ts'
import { toBytes } from '../serde/encoded.ts'
import type { OperatorScope } from './operator-scope.ts'
import { valueHash } from './value-hash.ts'

/** What the left side of a foreign-key join sends to the right one. */
export class SubscriptionSender<K, V> {
  readonly #node: ForeignKeySubscribeNode
  readonly #scope: OperatorScope

  constructor(node: ForeignKeySubscribeNode, scope: OperatorScope) {
    this.#node = node
    this.#scope = scope
  }

  /** The key, as it is written, of the right row that a left row names; null: it names none. */
  foreignKeyOf(value: V | null, key: K): Encoded | null {
    if (value === null) return null
    const foreignKey: unknown = this.#node.foreignKey(value, key) ?? null
    return foreignKey === null ? null : this.#node.key.encode(foreignKey)
  }

  /** @param value - of the left row now; null: it is gone */
  send(
    foreignKey: Encoded | null,
    instruction: SubscriptionInstruction,
    key: K,
    value: V | null,
    timestamp: number,
    headers: Headers,
  ): void {
    const { topic, primaryKey, leftValue } = this.#node
    const { task } = this.#scope
    const message = subscription.encode({
      instruction,
      hash: value === null ? null : valueHash(leftValue.encode(value)),
      partition: task.partition,
      primaryKey: toBytes(primaryKey.encode(key)),
    })
    task.collector.send(topic, foreignKey, message, timestamp, headers)
  }
}
