import type { Headers, Pending } from '@millrace/state-store'
import type { SplitNode } from '../plan/nodes/node.ts'
import type { StreamReceiver } from './operator.ts'
import type { OperatorScope } from './operator-scope.ts'

/** `split`: the record goes to the first branch whose predicate it satisfies, or to none. */
export class Split<K, V> implements StreamReceiver<K, V> {
  readonly #node: SplitNode
  readonly #scope: OperatorScope
  readonly #branches: readonly StreamReceiver<K, V>[]

  /** @param branches in the order of the node's predicates */
  constructor(node: SplitNode, scope: OperatorScope, branches: readonly StreamReceiver<K, V>[]) {
    this.#node = node
    this.#scope = scope
    this.#branches = branches
  }

  process(key: K, value: V, timestamp: number, headers: Headers): Pending {
    const { id, predicates } = this.#node
    const view = this.#scope.record.enter(id, timestamp, headers)
    for (let i = 0; i < predicates.length; i++) {
      const predicate = predicates[i]
      if (predicate === null || predicate === undefined || predicate(value, key, view)) {
        return this.#branches[i]?.process(key, value, timestamp, headers)
      }
    }
  }
}
