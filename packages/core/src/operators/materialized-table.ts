import type { Headers, Pending, ValueAndTimestamp } from '@millrace/state-store'

/** A table in a store, as the operator that owns it uses it: an update is stored, then passed on. */
export interface MaterializedTable<K, V> {
  /** The latest value. */
  get(key: K): ValueAndTimestamp<V> | undefined
  /** `previous`: what `get` said before; it only travels on when somebody downstream asked for old values. */
  update(key: K, value: V | null, previous: V | null, timestamp: number, headers: Headers): Pending
}
