import type { Headers, KeyValueStore, Pending, StoreMarks } from '@millrace/state-store'
import type { StreamJoinNode } from '../plan/nodes/join-nodes.ts'
import type { JoinSide, UnmatchedKey, UnmatchedValues } from '../serde/unmatched.ts'
import type { StreamReceiver } from './operator.ts'
import type { OperatorScope } from './operator-scope.ts'

/** Place among the marks of the join's left store. */
const LOOK_FROM = 2

/**
 * The records of a left or outer join of streams that have found nothing yet, of both sides together. They leave in order of
 * time, right before left, key bytes, arrival, once no record that may still come can belong to them.
 *
 * When exactly they leave is Kafka Streams' way (KStreamKStreamJoin.emitNonJoinedOuterRecords): where before and after differ,
 * the look at the clock goes by the side of the record that just came, and the walk ends when both sides were found open.
 */
export class UnmatchedRecords<K> {
  readonly #node: StreamJoinNode
  readonly #scope: OperatorScope
  readonly #store: KeyValueStore<UnmatchedKey<K>, UnmatchedValues>
  readonly #next: StreamReceiver<K | null, unknown>
  readonly #marks: StoreMarks
  /** Kafka Streams' minTime: the time by which the next look at the store is worth it. */
  #lookFrom: number
  /** Nothing in the store is older: where a walk begins. */
  #oldest = 0

  constructor(
    node: StreamJoinNode,
    scope: OperatorScope,
    store: KeyValueStore<UnmatchedKey<K>, UnmatchedValues>,
    marks: StoreMarks,
    next: StreamReceiver<K | null, unknown>,
  ) {
    this.#node = node
    this.#scope = scope
    this.#store = store
    this.#marks = marks
    this.#lookFrom = marks.get(LOOK_FROM) ?? Number.NEGATIVE_INFINITY
    this.#next = next
  }

  keep(side: JoinSide, key: K, timestamp: number, value: unknown): void {
    const place = { timestamp, side, key }
    const present = this.#store.get(place)
    this.#store.put(place, { side, values: present === undefined ? [value] : [...present.values, value] })
    if (timestamp < this.#lookFrom) this.#nextLook(timestamp)
    if (timestamp < this.#oldest) this.#oldest = timestamp
  }

  /** All records of this side, key and time have found something. */
  forget(side: JoinSide, key: K, timestamp: number): void {
    const place = { timestamp, side, key }
    if (this.#store.get(place) !== undefined) this.#store.delete(place)
  }

  /**
   * Sends on what can find nothing any more.
   *
   * @param lookAhead - how far the record that just came looks ahead, ms; where none came, the least of both sides
   */
  release(eventTime: number, lookAhead: number, headers: Headers): Pending {
    if (this.#lookFrom + lookAhead + this.#node.within.grace >= eventTime) return
    return this.#walk(eventTime, headers)
  }

  async #walk(eventTime: number, headers: Headers): Promise<void> {
    this.#lookFrom = Number.POSITIVE_INFINITY
    if (this.#oldest === Number.POSITIVE_INFINITY) return
    const from = { timestamp: this.#oldest, side: 'right', key: null } as const
    const open = { left: false, right: false }
    let oldest = Number.POSITIVE_INFINITY
    try {
      for await (const [place, { values }] of this.#store.range(from)) {
        this.#lookFrom = place.timestamp
        if (open.left && open.right) break
        if (place.timestamp + this.#lookAheadOf(place.side) + this.#node.within.grace >= eventTime) {
          open[place.side] = true
          oldest = Math.min(oldest, place.timestamp)
          // Kafka Streams walks record by record: it comes no further than the second one of this key and time.
          if (open.left && open.right && values.length > 1) break
          continue
        }
        this.#store.delete(place)
        for (const value of values) {
          const pending = this.#send(place, value, headers)
          if (pending !== undefined) await pending
        }
      }
      this.#oldest = oldest
      this.#nextLook(this.#lookFrom)
    } catch (error) {
      // What is left is looked at when the next record comes.
      this.#lookFrom = Number.NEGATIVE_INFINITY
      throw error
    }
  }

  #nextLook(from: number): void {
    this.#lookFrom = from
    // Infinite: nothing is there, so after a restart an earlier look finds nothing either.
    if (from !== Number.POSITIVE_INFINITY) this.#marks.set(LOOK_FROM, from)
  }

  #lookAheadOf(side: JoinSide): number {
    const { before, after } = this.#node.within
    return side === 'left' ? after : before
  }

  #send({ side, key, timestamp }: UnmatchedKey<K>, value: unknown, headers: Headers): Pending {
    const { id, joiner } = this.#node
    this.#scope.record.enter(id, timestamp, headers)
    const joined = side === 'left' ? joiner(value, null, key) : joiner(null, value, key)
    return this.#next.process(key, joined ?? null, timestamp, headers)
  }
}
