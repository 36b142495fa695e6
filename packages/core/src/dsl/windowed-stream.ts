import type { EmitStrategy } from '../plan/nodes/window-nodes.ts'
import { json } from '../serde/index.ts'
import { addAggregate, COUNT, type Windowing } from './add-aggregate.ts'
import type { AggregateOptions } from './grouped-stream.ts'
import type { WindowStoreOptions } from './operator-options.ts'
import type { WindowedTable } from './windowed-table.ts'

/** How an aggregate is computed by window. */
export interface WindowedAggregateOptions<K, V, A>
  extends Omit<AggregateOptions<K, V, A>, 'versioned'>,
    WindowStoreOptions<NonNullable<A>> {}

/**
 * Records grouped by key and window, ready to be aggregated. Made by `windowedBy`. Records with a null key are left out, and
 * so are those whose windows have all closed: a window closes when its end + grace is not later than the greatest event time
 * that was seen.
 */
export class WindowedStream<K, V> {
  readonly #windowing: Windowing

  /** @internal */
  constructor(windowing: Windowing) {
    this.#windowing = windowing
  }

  /**
   * When results go out: with each record (the default), or once for each window, when it is closed (KIP-825). Windows close
   * by stream time; see `idleAfter` of sources for those that are the last ones.
   *
   * @throws {MillraceError} TOPOLOGY_INVALID (when the topology is planned) for unlimited windows, which never close
   *
   * @example
   * ```ts
   * import { json, string, topology, tumbling } from '@millrace/core'
   *
   * export const perMinute = topology('per-minute', (t) => {
   *   t.stream('clicks', { key: string(), value: json<{ page: string }>() })
   *     .groupByKey()
   *     .windowedBy(tumbling({ size: '1m', grace: '10s' }))
   *     .emitStrategy('on-window-close')
   *     .count({ as: 'clicks-per-minute' })
   *     .to('clicks-per-minute') // once for each user and minute
   * })
   * ```
   */
  emitStrategy(emit: EmitStrategy): WindowedStream<K, V> {
    return new WindowedStream({ ...this.#windowing, emit })
  }

  /**
   * Counts the records of each key in each window.
   *
   * @example
   * ```ts
   * import { json, string, topology, tumbling } from '@millrace/core'
   *
   * export const perMinute = topology('per-minute', (t) => {
   *   t.stream('clicks', { key: string(), value: json<{ page: string }>() })
   *     .groupByKey()
   *     .windowedBy(tumbling({ size: '1m' }))
   *     .count({ as: 'clicks-per-minute' })
   *     .to('clicks-per-minute') // { key: 'user-1', window: { start, end } } → 1, …
   * })
   * ```
   */
  count(options: WindowStoreOptions<number> = {}): WindowedTable<K, number> {
    return addAggregate(this.#windowing, 'count', options, COUNT, json())
  }

  /**
   * Merges the values of each key in each window into one of the same type. The first value is taken as it is.
   *
   * @param merge gets the merged value so far and the new one; null deletes the window
   *
   * @example
   * ```ts
   * import { double, hopping, string, topology } from '@millrace/core'
   *
   * export const maxima = topology('maxima', (t) => {
   *   t.stream('celsius', { key: string(), value: double() })
   *     .groupByKey()
   *     .windowedBy(hopping({ size: '1h', advance: '10m', grace: '1m' }))
   *     .reduce((highest, degrees) => Math.max(highest, degrees), { as: 'highest-in-an-hour' })
   * })
   * ```
   */
  reduce(
    merge: (merged: V, value: V, key: K) => V | null,
    options: WindowStoreOptions<NonNullable<V>> = {},
  ): WindowedTable<K, NonNullable<V>> {
    return addAggregate(this.#windowing, 'reduce', options, { add: merge }, this.#windowing.grouping.value)
  }

  /**
   * Folds the values of each key in each window into an aggregate of a type of its own.
   *
   * @example
   * ```ts
   * import { json, string, topology, tumbling } from '@millrace/core'
   *
   * export const revenue = topology('revenue', (t) => {
   *   t.stream('payments', { key: string(), value: json<{ cents: bigint }>() })
   *     .groupByKey()
   *     .windowedBy(tumbling({ size: '1m', grace: '10s' }))
   *     .aggregate({
   *       as: 'revenue-per-minute',
   *       initial: () => ({ payments: 0, cents: 0n }),
   *       add: (total, payment) => ({ payments: total.payments + 1, cents: total.cents + payment.cents }),
   *     })
   * })
   * ```
   */
  aggregate<A>(options: WindowedAggregateOptions<K, V, A>): WindowedTable<K, NonNullable<A>> {
    return addAggregate(this.#windowing, 'aggregate', options, { initial: options.initial, add: options.add }, json())
  }
}
