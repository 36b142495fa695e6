import type { Duration } from '../duration.ts'
import type { Serde } from '../serde/serde.ts'

/** What every operator takes. */
export interface OperatorOptions {
  /**
   * Names the operator in metrics, messages and descriptions, and what is made for it: topics and stores. Named ones keep
   * their topics and state when operators are added or removed around them. Letters, digits, `.`, `_` and `-`.
   */
  readonly name?: string
}

/** What operators take that compute values. */
export interface ValueOptions<V> extends OperatorOptions {
  /** How the new values are written where they leave the process. Default `json()`. */
  readonly value?: Serde<V>
}

/** What operators take that keep state. */
export interface StoreOptions<V> extends ValueOptions<V> {
  /** Names the store, its changelog topic, and the operator's repartition topic when it needs one. */
  readonly as?: string
  /**
   * True: between two commits the updates of a key are merged into one, for the changelog and for everything downstream
   * (Kafka Streams' record cache). False: each update goes out. Default: the app's setting, which is true by default.
   */
  readonly caching?: boolean
  /** False: no changelog. The state is lost with the folder that holds it. Default true. */
  readonly logging?: boolean
  /**
   * True: the store is kept in memory, and restored from its changelog at each start; for small ones that are written much.
   * Default false: in LevelDB, in the app's state folder.
   */
  readonly inMemory?: boolean
}

/** What tables take. */
export interface TableStoreOptions<V> extends StoreOptions<V> {
  /**
   * Keeps versions of each row by their timestamps, so that streams can be joined with the version of their own time, and
   * records that come late find their place (KIP-889). How far back from the newest one versions are kept. A versioned table
   * is never cached.
   */
  readonly versioned?: Duration
}

/** What windowed aggregates take. */
export interface WindowStoreOptions<V> extends StoreOptions<V> {
  /** How long windows are kept for queries; counts from the newest window. At least (and by default) size + grace. */
  readonly retention?: Duration
}
