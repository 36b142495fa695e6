import type { Headers, Pending } from '@millrace/state-store'
import type { ForeignKeyResolveNode } from '../plan/nodes/join-nodes.ts'
import type { ForeignKeyResponse } from '../serde/foreign-key.ts'
import type { StreamReceiver } from './operator.ts'
import type { OperatorScope } from './operator-scope.ts'
import { SubscriptionSender } from './subscription-sender.ts'
import { type TableReader, tableReader } from './table-reader.ts'
import { valueHash } from './value-hash.ts'

/**
 * The end of a foreign-key join: joins the answer of the right side with the left row that asked for it. When the row has
 * changed meanwhile, another answer is on its way, and this one is dropped (Kafka Streams' ResponseJoinProcessor).
 *
 * In an inner join there may be no other answer: a change whose right row is not there is answered only if that takes back
 * what another one gave. So the answer that there is nothing is not lost with the row that it was for (as it is in Kafka
 * Streams): the row as it is now is asked for again.
 */
export class ForeignKeyResolve<K, L, R> implements StreamReceiver<K, ForeignKeyResponse<R>> {
  readonly #node: ForeignKeyResolveNode
  readonly #scope: OperatorScope
  /** As far as it has subscribed. */
  readonly #left: TableReader<K, L>
  readonly #sender: SubscriptionSender<K, L>
  readonly #next: StreamReceiver<K, unknown>

  constructor(node: ForeignKeyResolveNode, scope: OperatorScope, next: StreamReceiver<K, unknown>) {
    this.#node = node
    this.#scope = scope
    const [, left = ''] = node.parents
    this.#left = tableReader(left, scope, 'flushed')
    this.#sender = new SubscriptionSender(node.subscribe, scope)
    this.#next = next
  }

  process(key: K, { hash, value: right }: ForeignKeyResponse<R>, timestamp: number, headers: Headers): Pending {
    const { id, mode, joiner, leftValue } = this.#node
    const left = this.#left.get(key)
    this.#scope.record.enter(id, timestamp, headers)
    if (!sameHash(hash, left === undefined ? null : valueHash(leftValue.encode(left.value)))) {
      this.#scope.task.dropped(id, 'outdated-response')
      if (right !== null || mode === 'left') return
      return this.#takeBack(key, left?.value ?? null, timestamp, headers)
    }
    const joined: unknown = left === undefined || (right === null && mode === 'inner') ? null : joiner(left.value, right, key)
    return this.#next.process(key, joined ?? null, timestamp, headers)
  }

  #takeBack(key: K, left: L | null, timestamp: number, headers: Headers): Pending {
    const foreignKey = this.#sender.foreignKeyOf(left, key)
    if (foreignKey === null) return this.#next.process(key, null, timestamp, headers)
    this.#sender.send(foreignKey, 'answer', key, left, timestamp, headers)
  }
}

function sameHash(a: Buffer | null, b: Buffer | null): boolean {
  return a === null || b === null ? a === b : a.equals(b)
}
