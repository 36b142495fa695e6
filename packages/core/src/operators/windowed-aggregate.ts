import type { Headers, Pending } from '@millrace/state-store'
import { NO_HEADERS } from '../log/records/index.ts'
import type { Any } from '../plan/nodes/node.ts'
import type { WindowedAggregateNode } from '../plan/nodes/window-nodes.ts'
import type { Windowed } from '../serde/index.ts'
import { ClosingTimeWindows } from './closing-windows.ts'
import { EventClock } from './event-clock.ts'
import type { IdleListener } from './idle-time.ts'
import type { StreamReceiver, TableReceiver } from './operator.ts'
import type { OperatorScope } from './operator-scope.ts'
import { WindowedTable } from './windowed-table.ts'

/**
 * count, reduce and aggregate by tumbling and hopping windows: [start, start + size) with starts at multiples of `advance`,
 * in ascending order. A window is closed, and its late records dropped, when its end <= event time - grace; event time is
 * the greatest timestamp that reached this operator. Only a null key is dropped: a null value is aggregated.
 *
 * Unlimited windows are one window from their start on, whose size and advance are Infinity: earlier records are in none.
 */
export class WindowedAggregate<K, A> implements StreamReceiver<K | null, Any>, IdleListener {
  readonly #node: WindowedAggregateNode
  readonly #scope: OperatorScope
  readonly #table: WindowedTable<K, A>
  readonly #size: number
  readonly #advance: number
  readonly #grace: number
  /** Unlimited windows: the only start. */
  readonly #onlyStart: number | undefined
  readonly #clock: EventClock
  readonly #closing: ClosingTimeWindows<K, A> | null

  constructor(node: WindowedAggregateNode, scope: OperatorScope, next: TableReceiver<Windowed<K>, A>) {
    this.#node = node
    this.#scope = scope
    this.#table = new WindowedTable(node, scope, next)
    this.#size = node.window.size
    this.#advance = node.window.advance
    this.#grace = node.window.grace
    this.#onlyStart = node.window.start
    const { store } = this.#table
    this.#clock = new EventClock(store.marks, node.mark)
    this.#closing = node.emit === 'on-window-close' ? new ClosingTimeWindows(node, scope, store, next) : null
  }

  process(key: K | null, value: Any, timestamp: number, headers: Headers): Pending {
    if (key === null) return this.#scope.task.dropped(this.#node.id, 'null-key')
    this.#clock.observe(timestamp)
    const closed = this.#closing?.emit(this.#clock.time - this.#grace, headers)
    if (closed !== undefined) return closed.then(() => this.#updateAll(key, value, timestamp, headers))
    return this.#updateAll(key, value, timestamp, headers)
  }

  idle(elapsed: number): Pending {
    this.#clock.idle(elapsed)
    return this.#closing?.emit(this.#clock.time - this.#grace, NO_HEADERS)
  }

  #updateAll(key: K, value: Any, timestamp: number, headers: Headers): Pending {
    if (this.#onlyStart !== undefined) return this.#from(this.#onlyStart, key, value, timestamp, headers)
    const advance = this.#advance
    const earliest = Math.max(0, timestamp - this.#size + advance)
    return this.#from(earliest - (earliest % advance), key, value, timestamp, headers)
  }

  /** Updates the windows of the record that start at `first` or later. */
  #from(first: number, key: K, value: Any, timestamp: number, headers: Headers): Pending {
    const closeTime = this.#clock.time - this.#grace
    for (let start = first; start <= timestamp; start += this.#advance) {
      if (start + this.#size <= closeTime) {
        this.#scope.task.dropped(this.#node.id, 'late')
        continue
      }
      const pending = this.#update(start, key, value, timestamp, headers)
      if (pending === undefined) continue
      const following = start + this.#advance
      return pending.then(() => this.#from(following, key, value, timestamp, headers))
    }
  }

  #update(start: number, key: K, value: Any, timestamp: number, headers: Headers): Pending {
    const { id, initial, add } = this.#node
    this.#scope.record.enter(id, timestamp, headers)
    const stored = this.#table.get(key, start)
    if (stored !== undefined) {
      const aggregate: A | null = add(stored.value, value, key) ?? null
      return this.#table.update(key, start, aggregate, stored.value, Math.max(timestamp, stored.timestamp), headers)
    }
    if (initial === undefined) return this.#table.update(key, start, value, null, timestamp, headers)
    const empty: A | null = initial() ?? null
    return this.#table.update(key, start, add(empty, value, key) ?? null, empty, timestamp, headers)
  }
}
