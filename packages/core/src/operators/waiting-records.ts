import type { Headers, KeyValueStore, Pending } from '@millrace/state-store'
import type { WaitingKey, WaitingRecord } from '../serde/waiting.ts'
import type { IdleListener } from './idle-time.ts'

/**
 * Records of a stream that wait until event time has passed theirs by `grace`, so that the table they are joined with has
 * come as far as they. They leave by time, then key, then arrival; what is older than that on arrival goes on at once
 * (KIP-923).
 */
export class WaitingRecords<K, V> implements IdleListener {
  readonly #store: KeyValueStore<WaitingKey<K>, WaitingRecord<V>>
  readonly #grace: number
  readonly #next: (key: K | null, value: V, timestamp: number, headers: Headers) => Pending
  #eventTime = -1
  /** Greatest timestamp of a record, where event time has moved on without one. */
  #observed = -1
  /** Nothing that waits is older. */
  #oldest = Number.POSITIVE_INFINITY
  #sequence = 0
  #recovered = false

  constructor(
    store: KeyValueStore<WaitingKey<K>, WaitingRecord<V>>,
    grace: number,
    next: (key: K | null, value: V, timestamp: number, headers: Headers) => Pending,
  ) {
    this.#store = store
    this.#grace = grace
    this.#next = next
  }

  process(key: K | null, value: V, timestamp: number, headers: Headers): Pending {
    if (!this.#recovered) return this.#recover().then(() => this.process(key, value, timestamp, headers))
    if (timestamp > this.#observed) this.#observed = timestamp
    if (timestamp > this.#eventTime) this.#eventTime = timestamp
    const due = this.#eventTime - this.#grace
    if (timestamp < due) return this.#next(key, value, timestamp, headers)
    // The list of its own: a processor that is called later may add to the one that came.
    this.#store.put({ timestamp, key, sequence: this.#sequence++ }, { value, headers: headers.slice() })
    if (timestamp < this.#oldest) this.#oldest = timestamp
    if (this.#oldest <= due) return this.#release(due)
  }

  idle(elapsed: number): Pending {
    if (!this.#recovered) return this.#recover().then(() => this.idle(elapsed))
    if (this.#observed < 0) return
    this.#eventTime = Math.max(this.#eventTime, this.#observed + elapsed)
    const due = this.#eventTime - this.#grace
    if (this.#oldest <= due) return this.#release(due)
  }

  /** After a restart: the newest record that waits is what event time has come to, as it leaves only after it. */
  async #recover(): Promise<void> {
    for await (const [{ timestamp, sequence }] of this.#store.range()) {
      this.#oldest = Math.min(this.#oldest, timestamp)
      this.#eventTime = timestamp
      this.#observed = timestamp
      this.#sequence = Math.max(this.#sequence, sequence + 1)
    }
    this.#recovered = true
  }

  async #release(due: number): Promise<void> {
    const from = this.#oldest
    let oldest = Number.POSITIVE_INFINITY
    for await (const [key, { value, headers }] of this.#store.range({ timestamp: from, key: null, sequence: 0 })) {
      oldest = key.timestamp
      if (oldest > due) break
      oldest = Number.POSITIVE_INFINITY
      this.#store.delete(key)
      const pending = this.#next(key.key, value, key.timestamp, headers)
      if (pending !== undefined) await pending
    }
    // Left as it was when a function of the user throws: what is still there is found the next time.
    this.#oldest = oldest
  }
}
