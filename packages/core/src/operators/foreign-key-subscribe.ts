import type { Encoded, Headers, Pending } from '@millrace/state-store'
import type { ForeignKeySubscribeNode } from '../plan/nodes/join-nodes.ts'
import type { SubscriptionInstruction } from '../serde/foreign-key.ts'
import { compareEncoded } from '../serde/encoded.ts'
import type { TableReceiver } from './operator.ts'
import type { OperatorScope } from './operator-scope.ts'
import { SubscriptionSender } from './subscription-sender.ts'

/**
 * The left side of a foreign-key join: each change subscribes to the right row that its new value names, and ends the
 * subscription of the old one (Kafka Streams' SubscriptionSendProcessor).
 */
export class ForeignKeySubscribe<K, V> implements TableReceiver<K, V> {
  readonly #node: ForeignKeySubscribeNode
  readonly #scope: OperatorScope
  readonly #sender: SubscriptionSender<K, V>

  constructor(node: ForeignKeySubscribeNode, scope: OperatorScope) {
    this.#node = node
    this.#scope = scope
    this.#sender = new SubscriptionSender(node, scope)
  }

  change(key: K, next: V | null, previous: V | null, timestamp: number, headers: Headers, outdated?: boolean): Pending {
    // A join is of the latest versions.
    if (outdated === true || (next === null && previous === null)) return
    const { id, mode } = this.#node
    this.#scope.record.enter(id, timestamp, headers)
    const from = this.#sender.foreignKeyOf(previous, key)
    const to = this.#sender.foreignKeyOf(next, key)
    const changed = from !== null && (to === null || compareEncoded(from, to) !== 0)
    const send = (foreignKey: Encoded | null, instruction: SubscriptionInstruction): void =>
      this.#sender.send(foreignKey, instruction, key, next, timestamp, headers)
    if (mode === 'left') {
      if (changed) send(from, 'end')
      // Without a foreign key too: such a row is joined with nothing, and a row that is gone with it.
      return send(to, 'answer')
    }
    if (to === null) {
      if (next !== null) this.#scope.task.dropped(id, 'null-foreign-key')
      if (from !== null) send(from, 'end-and-answer')
    } else if (changed) {
      send(from, 'end')
      // Also without a right row: what came of the old one must be taken back.
      send(to, 'answer')
    } else {
      send(to, 'answer-if-present')
    }
  }
}
