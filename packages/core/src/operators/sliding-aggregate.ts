import type { Headers, PagedWindowStore, Pending } from '@millrace/state-store'
import { NO_HEADERS } from '../log/records/index.ts'
import type { Any } from '../plan/nodes/node.ts'
import type { SlidingAggregateNode } from '../plan/nodes/window-nodes.ts'
import type { Windowed } from '../serde/index.ts'
import { ClosingSlidingWindows } from './closing-windows.ts'
import { EventClock } from './event-clock.ts'
import type { IdleListener } from './idle-time.ts'
import type { StreamReceiver, TableReceiver } from './operator.ts'
import type { OperatorScope } from './operator-scope.ts'
import { type SlidingStep, slidingSteps } from './sliding-steps.ts'
import { WindowedTable } from './windowed-table.ts'

/**
 * count, reduce and aggregate by sliding window. A window [start, start + difference] is closed when its end < event time -
 * grace; a record all of whose windows are closed is dropped. So are records without a key or a value.
 */
export class SlidingAggregate<K, A> implements StreamReceiver<K | null, Any>, IdleListener {
  readonly #node: SlidingAggregateNode
  readonly #scope: OperatorScope
  readonly #store: PagedWindowStore<K, A>
  readonly #table: WindowedTable<K, A>
  readonly #clock: EventClock
  readonly #closing: ClosingSlidingWindows<K, A> | null

  constructor(node: SlidingAggregateNode, scope: OperatorScope, next: TableReceiver<Windowed<K>, A>) {
    this.#node = node
    this.#scope = scope
    this.#store = scope.task.state.pagedWindow(node.store)
    this.#table = new WindowedTable(node, scope, next)
    this.#clock = new EventClock(this.#store.marks, node.mark)
    this.#closing = node.emit === 'on-window-close' ? new ClosingSlidingWindows(node, scope, this.#store, next) : null
  }

  process(key: K | null, value: Any, timestamp: number, headers: Headers): Pending {
    const { id } = this.#node
    if (key === null) return this.#scope.task.dropped(id, 'null-key')
    if (value === null) return this.#scope.task.dropped(id, 'null-value')
    this.#clock.observe(timestamp)
    const closed = this.#closing?.emit(this.#closeTime, headers)
    if (closed !== undefined) return closed.then(() => this.#update(key, value, timestamp, headers))
    return this.#update(key, value, timestamp, headers)
  }

  idle(elapsed: number): Pending {
    this.#clock.idle(elapsed)
    return this.#closing?.emit(this.#closeTime, NO_HEADERS)
  }

  get #closeTime(): number {
    return this.#clock.time - this.#node.window.grace
  }

  #update(key: K, value: Any, timestamp: number, headers: Headers): Pending {
    const { id, window } = this.#node
    if (timestamp + window.difference < this.#closeTime) return this.#scope.task.dropped(id, 'late')
    const windows = this.#store.entries(key, Math.max(0, timestamp - 2 * window.difference), timestamp + 1)
    return this.#take(slidingSteps(windows, timestamp, window.difference), 0, key, value, timestamp, headers)
  }

  #take(steps: readonly SlidingStep<A>[], first: number, key: K, value: Any, timestamp: number, headers: Headers): Pending {
    for (let i = first; i < steps.length; i++) {
      const pending = this.#step(steps[i] as SlidingStep<A>, key, value, timestamp, headers)
      if (pending !== undefined) return pending.then(() => this.#take(steps, i + 1, key, value, timestamp, headers))
    }
  }

  #step({ start, source, copy, isNew }: SlidingStep<A>, key: K, value: Any, timestamp: number, headers: Headers): Pending {
    const { id, window, initial, add } = this.#node
    this.#scope.record.enter(id, timestamp, headers)
    if (copy) {
      this.#closing?.opened(key, start)
      return this.#table.update(key, start, source?.value ?? null, null, source?.timestamp ?? timestamp, headers)
    }
    if (start + window.difference < this.#closeTime) return this.#scope.task.dropped(id, 'late')
    const before: A | null = source === undefined ? (initial?.() ?? null) : source.value
    const aggregate: A | null = before === null && initial === undefined ? value : (add(before, value, key) ?? null)
    const newest = source === undefined || before === null ? timestamp : Math.max(timestamp, source.timestamp)
    if (isNew && aggregate !== null) this.#closing?.opened(key, start)
    return this.#table.update(key, start, aggregate, before, newest, headers)
  }
}
