import type { Encoded, Headers, Pending } from '@millrace/state-store'
import type { RepartitionChangesNode } from '../plan/nodes/node.ts'
import { compareEncoded } from '../serde/encoded.ts'
import { changeOf, type Change, type Serde } from '../serde/index.ts'
import type { StreamReceiver, TableReceiver } from './operator.ts'
import type { OperatorScope } from './operator-scope.ts'

/**
 * A table's `groupBy`: each side of a change goes to the group that it belongs to. Within one group they stay one change;
 * between groups the old one leaves first. A side whose mapped key or value is null belongs to no group.
 */
export class RepartitionChanges<K, V, GK, GV> implements TableReceiver<K, V> {
  readonly #node: RepartitionChangesNode
  readonly #scope: OperatorScope
  readonly #change: Serde<Change<GV>>

  constructor(node: RepartitionChangesNode, scope: OperatorScope) {
    this.#node = node
    this.#scope = scope
    this.#change = changeOf<GV>(node.value)
  }

  change(key: K, next: V | null, previous: V | null, timestamp: number, headers: Headers, outdated?: boolean): Pending {
    // An aggregate is of the latest versions.
    if (outdated === true) return
    const { id, key: keySerde, keySelector, valueMapper } = this.#node
    this.#scope.record.enter(id, timestamp, headers)
    const newKey: GK | null = next === null ? null : (keySelector(next, key) ?? null)
    const newValue: GV | null = next === null ? null : (valueMapper(next, key) ?? null)
    const oldKey: GK | null = previous === null ? null : (keySelector(previous, key) ?? null)
    const oldValue: GV | null = previous === null ? null : (valueMapper(previous, key) ?? null)
    const to = newKey === null || newValue === null ? null : keySerde.encode(newKey)
    const from = oldKey === null || oldValue === null ? null : keySerde.encode(oldKey)
    if (to !== null && from !== null && compareEncoded(to, from) === 0)
      return this.#send(to, newValue, oldValue, timestamp, headers)
    if (from !== null) this.#send(from, null, oldValue, timestamp, headers)
    if (to !== null) this.#send(to, newValue, null, timestamp, headers)
  }

  #send(key: Encoded, next: GV | null, previous: GV | null, timestamp: number, headers: Headers): void {
    this.#scope.task.collector.send(this.#node.topic, key, this.#change.encode({ next, previous }), timestamp, headers)
  }
}

/** The other end: records of that topic become changes of a table again. */
export class ReadChanges<K, V> implements StreamReceiver<K, Change<V>> {
  readonly #next: TableReceiver<K, V>

  constructor(next: TableReceiver<K, V>) {
    this.#next = next
  }

  process(key: K, change: Change<V>, timestamp: number, headers: Headers): Pending {
    return this.#next.change(key, change.next, change.previous, timestamp, headers)
  }
}
