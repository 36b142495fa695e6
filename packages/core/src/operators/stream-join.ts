import type { Headers, PagedWindowStore, Pending, WindowEntry } from '@millrace/state-store'
import { NO_HEADERS } from '../log/records/index.ts'
import type { StreamJoinNode } from '../plan/nodes/join-nodes.ts'
import type { JoinSide } from '../serde/unmatched.ts'
import type { IdleListener } from './idle-time.ts'
import { JoinClock } from './join-clock.ts'
import type { StreamReceiver } from './operator.ts'
import type { OperatorScope } from './operator-scope.ts'
import { UnmatchedRecords } from './unmatched-records.ts'

/**
 * Joins of two streams within a window. Each record is kept on its side, then joined with those of its key on the other one,
 * in order of time, then arrival. In left and outer joins a record that found nothing leaves alone when nothing can come for
 * it any more. A record whose own window has closed is dropped, on outer sides too: as JoinWindows promises (Kafka Streams
 * joins it all the same, KAFKA-16123).
 */
export class StreamJoin<K, L, R> implements IdleListener {
  readonly left: StreamReceiver<K | null, L | null>
  readonly right: StreamReceiver<K | null, R | null>
  readonly #node: StreamJoinNode
  readonly #clock: JoinClock
  readonly #unmatched: UnmatchedRecords<K> | null

  constructor(node: StreamJoinNode, scope: OperatorScope, next: StreamReceiver<K | null, unknown>) {
    const { state } = scope.task
    const { mode, joiner, leftStore, rightStore, unmatchedStore, within } = node
    const left = state.pagedWindow<K, L>(leftStore)
    const right = state.pagedWindow<K, R>(rightStore)
    const clock = new JoinClock(left, right)
    const unmatched =
      unmatchedStore === undefined ? null : new UnmatchedRecords<K>(node, scope, state.keyValue(unmatchedStore), left.marks, next)
    this.#node = node
    this.#clock = clock
    this.#unmatched = unmatched
    const shared = { node, scope, next, clock, unmatched }
    this.left = new Side<K, L, R>({
      ...shared,
      side: 'left',
      mine: left,
      others: right,
      lookBack: within.before,
      lookAhead: within.after,
      outer: mode !== 'inner',
      join: (mine, other, key) => joiner(mine, other, key) ?? null,
    })
    this.right = new Side<K, R, L>({
      ...shared,
      side: 'right',
      mine: right,
      others: left,
      lookBack: within.after,
      lookAhead: within.before,
      outer: mode === 'outer',
      join: (mine, other, key) => joiner(other, mine, key) ?? null,
    })
  }

  idle(elapsed: number): Pending {
    const { before, after } = this.#node.within
    this.#clock.idle(elapsed)
    return this.#unmatched?.release(this.#clock.eventTime, Math.min(before, after), NO_HEADERS)
  }
}

interface SideOptions<K, M, O> {
  readonly node: StreamJoinNode
  readonly scope: OperatorScope
  readonly next: StreamReceiver<K | null, unknown>
  readonly clock: JoinClock
  readonly unmatched: UnmatchedRecords<K> | null
  readonly side: JoinSide
  readonly mine: PagedWindowStore<K, M>
  readonly others: PagedWindowStore<K, O>
  /** How much older, and how much newer, the other record may be, ms. */
  readonly lookBack: number
  readonly lookAhead: number
  /** A record of this side that finds nothing goes on alone. */
  readonly outer: boolean
  readonly join: (mine: M, other: O | null, key: K | null) => unknown
}

class Side<K, M, O> implements StreamReceiver<K | null, M | null> {
  readonly #options: SideOptions<K, M, O>
  readonly #otherSide: JoinSide

  constructor(options: SideOptions<K, M, O>) {
    this.#options = options
    this.#otherSide = options.side === 'left' ? 'right' : 'left'
  }

  process(key: K | null, value: M | null, timestamp: number, headers: Headers): Pending {
    const { node, scope, clock, outer, mine, unmatched, lookAhead } = this.#options
    if (value === null) {
      clock.pass(timestamp)
      return scope.task.dropped(node.id, 'null-value')
    }
    if (key === null) {
      // It waits for nothing, so it is never too late.
      clock.pass(timestamp)
      return outer ? this.#alone(key, value, timestamp, headers) : scope.task.dropped(node.id, 'null-key')
    }
    if (clock.isLate(timestamp, lookAhead, node.within.grace)) return scope.task.dropped(node.id, 'late')
    clock.keep(timestamp)
    mine.put(key, timestamp, value, timestamp, NO_HEADERS)
    if (unmatched === null || timestamp !== clock.eventTime) return this.#match(key, value, timestamp, headers)
    const pending = unmatched.release(clock.eventTime, lookAhead, headers)
    return pending === undefined
      ? this.#match(key, value, timestamp, headers)
      : pending.then(() => this.#match(key, value, timestamp, headers))
  }

  #match(key: K, value: M, timestamp: number, headers: Headers): Pending {
    const { node, clock, outer, others, unmatched, lookBack, lookAhead, side } = this.#options
    const latest = timestamp + lookAhead
    const matches = others.entries(key, Math.max(0, timestamp - lookBack), Math.max(0, latest))
    if (matches.length > 0) return this.#joinFrom(0, matches, key, value, timestamp, headers)
    if (!outer || unmatched === null) return
    // It only looks back: nothing can come for it any more.
    if (latest + node.within.grace < clock.eventTime) return this.#alone(key, value, timestamp, headers)
    unmatched.keep(side, key, timestamp, value)
  }

  #joinFrom(first: number, matches: readonly WindowEntry<O>[], key: K, value: M, timestamp: number, headers: Headers): Pending {
    const { node, scope, next, unmatched, join } = this.#options
    for (let i = first; i < matches.length; i++) {
      const other = matches[i] as WindowEntry<O>
      const time = Math.max(timestamp, other.start)
      unmatched?.forget(this.#otherSide, key, other.start)
      scope.record.enter(node.id, time, headers)
      const pending = next.process(key, join(value, other.value, key), time, headers)
      if (pending !== undefined) return pending.then(() => this.#joinFrom(i + 1, matches, key, value, timestamp, headers))
    }
  }

  #alone(key: K | null, value: M, timestamp: number, headers: Headers): Pending {
    const { node, scope, next, join } = this.#options
    scope.record.enter(node.id, timestamp, headers)
    return next.process(key, join(value, null, key), timestamp, headers)
  }
}
