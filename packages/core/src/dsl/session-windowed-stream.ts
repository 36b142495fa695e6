import type { EmitStrategy } from '../plan/nodes/window-nodes.ts'
import { json } from '../serde/index.ts'
import { addAggregate, COUNT, type Windowing } from './add-aggregate.ts'
import type { WindowStoreOptions } from './operator-options.ts'
import type { WindowedAggregateOptions } from './windowed-stream.ts'
import type { WindowedTable } from './windowed-table.ts'

/** How an aggregate is computed by session. */
export interface SessionAggregateOptions<K, V, A> extends WindowedAggregateOptions<K, V, A> {
  /**
   * The aggregate of two sessions that a record has joined. Begins with the initial one, which the earliest session is merged
   * into. null: begin anew.
   */
  readonly merge: (key: K, aggregate: NoInfer<A>, session: NoInfer<A>) => NoInfer<A> | null
}

/**
 * Records grouped by key and session, ready to be aggregated. Made by `windowedBy(session(…))`. Records with a null key are
 * left out, and so are those whose session is closed. When sessions are joined, the table deletes them and adds the joined one.
 */
export class SessionWindowedStream<K, V> {
  readonly #windowing: Windowing

  /** @internal */
  constructor(windowing: Windowing) {
    this.#windowing = windowing
  }

  /**
   * When results go out: with each record (the default), or once for each session, when it is closed (KIP-825).
   *
   * @example
   * ```ts
   * import { json, session, string, topology } from '@millrace/core'
   *
   * export const visits = topology('visits', (t) => {
   *   t.stream('clicks', { key: string(), value: json<{ page: string }>(), idleAfter: '1m' })
   *     .groupByKey()
   *     .windowedBy(session({ gap: '30m' }))
   *     .emitStrategy('on-window-close')
   *     .count({ as: 'clicks-per-visit' })
   *     .to('finished-visits')
   * })
   * ```
   */
  emitStrategy(emit: EmitStrategy): SessionWindowedStream<K, V> {
    return new SessionWindowedStream({ ...this.#windowing, emit })
  }

  /**
   * Counts the records of each session.
   *
   * @example
   * ```ts
   * import { json, session, string, topology } from '@millrace/core'
   *
   * export const visits = topology('visits', (t) => {
   *   t.stream('clicks', { key: string(), value: json<{ page: string }>() })
   *     .groupByKey()
   *     .windowedBy(session({ gap: '30m' }))
   *     .count({ as: 'clicks-per-visit' })
   * })
   * ```
   */
  count(options: WindowStoreOptions<number> = {}): WindowedTable<K, number> {
    const merge = (_key: K, count: number, other: number): number => count + other
    return addAggregate(this.#windowing, 'count', options, { ...COUNT, merge }, json())
  }

  /**
   * Merges the values of each session into one of the same type; also what came of sessions that are joined.
   *
   * @example
   * ```ts
   * import { double, session, string, topology } from '@millrace/core'
   *
   * export const peaks = topology('peaks', (t) => {
   *   t.stream('watts', { key: string(), value: double() })
   *     .groupByKey()
   *     .windowedBy(session({ gap: '1m', grace: '10s' }))
   *     .reduce((highest, watts) => Math.max(highest, watts), { as: 'peak-of-each-run' })
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
   * Folds the values of each session into an aggregate of a type of its own.
   *
   * @example
   * ```ts
   * import { json, session, string, topology } from '@millrace/core'
   *
   * export const visits = topology('visits', (t) => {
   *   t.stream('clicks', { key: string(), value: json<{ page: string }>() })
   *     .groupByKey()
   *     .windowedBy(session({ gap: '30m' }))
   *     .aggregate({
   *       as: 'pages-of-visit',
   *       initial: (): string[] => [],
   *       add: (pages, click) => [...pages, click.page],
   *       merge: (_user, pages, more) => [...pages, ...more],
   *     })
   * })
   * ```
   */
  aggregate<A>(options: SessionAggregateOptions<K, V, A>): WindowedTable<K, NonNullable<A>> {
    const { initial, add, merge } = options
    return addAggregate(this.#windowing, 'aggregate', options, { initial, add, merge }, json())
  }
}
