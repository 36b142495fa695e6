import type { Headers, Pending } from '@millrace/state-store'
import type { ForeignKeyResolveNode } from '../plan/nodes/join-nodes.ts'
import type { ForeignKeyResponse } from '../serde/foreign-key.ts'
import type { StreamReceiver } from './operator.ts'
import type { OperatorScope } from './operator-scope.ts'
import { type TableReader, tableReader } from './table-reader.ts'
import { valueHash } from './value-hash.ts'

/**
 * The end of a foreign-key join: joins the answer of the right side with the left row that asked for it. When the row has
 * changed meanwhile, another answer is on its way, and this one is dropped (Kafka Streams' ResponseJoinProcessor).
 */
export class ForeignKeyResolve<K, L, R> implements StreamReceiver<K, ForeignKeyResponse<R>> {
  readonly #node: ForeignKeyResolveNode
  readonly #scope: OperatorScope
  readonly #left: TableReader<K, L>
  readonly #next: StreamReceiver<K, unknown>

  constructor(node: ForeignKeyResolveNode, scope: OperatorScope, next: StreamReceiver<K, unknown>) {
    this.#node = node
    this.#scope = scope
    const [, left = ''] = node.parents
    this.#left = tableReader(left, scope)
    this.#next = next
  }

  process(key: K, { hash, value: right }: ForeignKeyResponse<R>, timestamp: number, headers: Headers): Pending {
    const { id, mode, joiner, leftValue } = this.#node
    const left = this.#left.get(key)
    this.#scope.record.enter(id, timestamp, headers)
    if (!sameHash(hash, left === undefined ? null : valueHash(leftValue.encode(left.value)))) {
      return this.#scope.task.dropped(id, 'outdated-response')
    }
    const joined: unknown = left === undefined || (right === null && mode === 'inner') ? null : joiner(left.value, right, key)
    return this.#next.process(key, joined ?? null, timestamp, headers)
  }
}

function sameHash(a: Buffer | null, b: Buffer | null): boolean {
  return a === null || b === null ? a === b : a.equals(b)
}
