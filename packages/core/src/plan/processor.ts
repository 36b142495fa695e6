import type { Headers, Pending } from '@millrace/state-store'
import type { Duration } from '../duration.ts'
import type { Any } from './nodes/any.ts'
import type { StoreOf } from './processor-store.ts'
import type { StoreBuilder } from './store-builder.ts'

/** A record as a processor gets it. */
export interface ProcessorRecord<K, V> {
  readonly key: K
  readonly value: V
  /** Event time, ms since the epoch. */
  readonly timestamp: number
  /**
   * May be added to. The list belongs to this record: siblings of the processor that get the same record after it see the
   * addition, and so do those that it is forwarded to. A record that is forwarded as a new object gets a list of its own.
   */
  readonly headers: (readonly [name: string, value: Uint8Array | null])[]
}

/** A record that a processor forwards: the one that it got, or a new one. */
export interface OutgoingRecord<K, V> extends OutgoingValue<V> {
  readonly key: K
}

/** What a processor forwards that cannot change keys. */
export interface OutgoingValue<V> {
  readonly value: V
  /** Default: that of the record being processed, or the time of the punctuation. */
  readonly timestamp?: number
  /** Default: those of the record being processed; none in a punctuation. */
  readonly headers?: Headers
}

/** Where a record was read. */
export interface RecordMetadata {
  readonly topic: string
  readonly partition: number
  readonly offset: number
}

/** When a punctuator is called. */
export interface PunctuationOptions {
  /** Time between two calls. */
  readonly every: Duration
  /**
   * `stream-time`: looked at after each record, so the time moves with the records; starting at 0, the first record fires it.
   * `wall-clock`: the first time after `every`.
   */
  readonly by: 'stream-time' | 'wall-clock'
  /**
   * Anchors the calls at this time (ms since the epoch; KIP-1146): they are due then and at multiples of `every` after it;
   * when it has passed already, at the next multiple.
   */
  readonly startAt?: number
}

export interface Cancellable {
  /** No call after this one. */
  cancel(): void
}

/** Called with the time that it is now, once, however many calls were missed. */
export type Punctuator = (timestamp: number) => Pending

/** A store that a processor uses: its builder, or the name of a store that another operator owns. */
export type StoreReference = StoreBuilder<string, Any, Any> | string

/** What everything that runs user code with state can ask for. */
export interface BaseProcessorContext<Stores> {
  readonly appId: string
  /** `<sub-topology>_<partition>`. */
  readonly taskId: string
  readonly partition: number
  /** Greatest timestamp of the records that the task took so far, ms; -1 before the first. */
  readonly streamTime: number
  /** ms since the epoch; virtual in tests. */
  readonly wallClock: number
  /** Where the record was read that is being processed; undefined in a punctuation. */
  readonly recordMetadata: RecordMetadata | undefined
  /**
   * A store of those that the operator was given with `stores`.
   *
   * @throws {MillraceError} STORE_NOT_CONNECTED
   */
  store<Builder extends Exclude<Stores, string>>(builder: Builder): StoreOf<Builder>
  /** A store by name: one that another operator owns, or a global one, which every processor may read. `Store` is yours to say: `context.store<ProcessorTimestampedStore<…>>('counts')`. */
  store<Store = never>(name: string): Store
  /** Calls a function again and again, until it is cancelled or the task is closed. */
  schedule(options: PunctuationOptions, punctuator: Punctuator): Cancellable
  /** Asks for a commit soon. */
  commit(): void
}

/** What a processor works with. */
export interface ProcessorContext<K, V, Stores = never> extends BaseProcessorContext<Stores> {
  /**
   * Sends a record to all that follows, or to the one operator of that name. All of its descendants are done when this
   * returns, or when the promise resolves that it returned because one of them had to scan; the task waits for that in
   * either case.
   *
   * @param child an operator's `name`, or its path
   * @throws {MillraceError} TOPOLOGY_INVALID when nothing of that name follows
   */
  forward(record: OutgoingRecord<K, V>, child?: string): Pending
}

/** What a processor works with that cannot change keys. */
export interface FixedKeyProcessorContext<V, Stores = never> extends BaseProcessorContext<Stores> {
  /** As in {@link ProcessorContext}, with the key of the record being processed: so not in a punctuation. */
  forward(record: OutgoingValue<V>, child?: string): Pending
}

/** A processor of one task. */
export interface Processor<K, V> {
  /** A returned promise is awaited before the task takes its next record. */
  process(record: ProcessorRecord<K, V>): Pending
  /** Called when the task is closed, whether or not its last records were committed. */
  close?(): void
}

/** Makes the processor of a task; called once for each, when its stores are restored. A function is a processor that only processes. */
export type ProcessorSupplier<K, V, NK, NV, Stores = never> = (
  context: ProcessorContext<NK, NV, Stores>,
) => Processor<K, V> | Processor<K, V>['process']

/** As {@link ProcessorSupplier}, for processors that cannot change keys. */
export type FixedKeyProcessorSupplier<K, V, NV, Stores = never> = (
  context: FixedKeyProcessorContext<NV, Stores>,
) => Processor<K, V> | Processor<K, V>['process']

/** Makes the function that computes the values of a table, for one task. null values are given to it too. */
export type ValueTransformerSupplier<K, V, NV, Stores = never> = (
  context: BaseProcessorContext<Stores>,
) => (value: V | null, key: K) => NV | null
