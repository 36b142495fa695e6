import { inspect } from 'node:util'
import { MillraceError } from '../errors.ts'
import type { Any } from '../plan/nodes/node.ts'
import type { FixedKeyProcessorSupplier, ProcessorSupplier, StoreReference } from '../plan/processor.ts'
import type { RecordView } from '../plan/record-view.ts'
import { json, type Serde } from '../serde/index.ts'
import { connectStores } from './connect-stores.ts'
import type { KeySerdeState, KnowsKeySerde } from './key-serde.ts'
import { keySerdeOf } from './node-handle.ts'
import type { OperatorOptions, ValueOptions } from './operator-options.ts'
import { RecordOperators } from './record-operators.ts'
import type { Stream } from './stream.ts'

/** What user code with state is given. */
export interface ProcessOptions<Stores extends StoreReference> extends OperatorOptions {
  /**
   * The stores that it may ask for: builders (see `keyValueStore`), which declares them, or names of stores that were declared
   * with `t.addStateStore` or belong to an operator (its `as`).
   */
  readonly stores?: readonly Stores[]
}

/** How a function that may wait is called. */
export interface MapAsyncOptions<V> extends ValueOptions<V> {
  /** Records of a task that are under way at a time. Default 16. */
  readonly concurrency?: number
}

/** What a stream does with code of the user's that does more than compute a value. */
export class ProcessingOperators<K, V, State extends KeySerdeState> extends RecordOperators<K, V, State> {
  /**
   * Computes a new value for each record with a function that may wait: for a server, a file, another thread. The key stays.
   *
   * Up to `concurrency` records of each task are under way at a time. Those of one key come one after the other, and their
   * results leave in their order; between keys results overtake each other. A commit waits for what is under way, so results
   * count exactly once; the function may be called again for a record after a crash. When it rejects, the task stops before
   * that record (see `onProcessingError`).
   *
   * @throws {MillraceError} TOPOLOGY_INVALID when the concurrency is no whole number above 0
   *
   * @example
   * ```ts
   * import { json, string, topology } from '@millrace/core'
   *
   * async function rateOf(currency: string): Promise<number> {
   *   const response = await fetch(`https://rates.example/${currency}`)
   *   return Number(await response.text())
   * }
   *
   * export const priced = topology('priced', (t) => {
   *   t.stream('orders', { key: string(), value: json<{ currency: string; amount: number }>() })
   *     .mapAsync(async (order) => order.amount * (await rateOf(order.currency)), { concurrency: 32 })
   *     .to('amounts-in-euro')
   * })
   * ```
   */
  mapAsync<NV>(
    this: ProcessingOperators<K, V, State> & KnowsKeySerde<State>,
    mapper: (value: V, key: K, record: RecordView) => Promise<NV>,
    options: MapAsyncOptions<NonNullable<NV>> = {},
  ): Stream<K, NV, State> {
    const { concurrency = 16 } = options
    const { handle } = this
    if (!(Number.isInteger(concurrency) && concurrency > 0)) {
      throw new MillraceError(
        'TOPOLOGY_INVALID',
        `${handle.id}: mapAsync: concurrency must be a whole number above 0, got ${concurrency}`,
        { location: { operator: handle.id } },
      )
    }
    const key = keySerdeOf(handle, 'mapAsync')
    return this.next('map-async', options, { kind: 'map-async', mapper, key, concurrency }, key, options.value ?? json())
  }

  /**
   * Calls a function for each record; nothing follows. After a crash a record may be seen twice.
   *
   * @example
   * ```ts
   * import { json, string, topology } from '@millrace/core'
   *
   * export const watched = topology('watched', (t) => {
   *   t.stream('orders', { key: string(), value: json<{ status: string }>() }).forEach((order, id) => console.log(id, order.status))
   * })
   * ```
   */
  forEach(action: (value: V, key: K, record: RecordView) => void, options: OperatorOptions = {}): void {
    this.next('for-each', options, { kind: 'peek', action })
  }

  /**
   * Prints each record on the standard output as `[label]: key, value`; nothing follows. For trying things out.
   *
   * @param label default: the path of the stream
   *
   * @example
   * ```ts
   * import { json, string, topology } from '@millrace/core'
   *
   * export const watched = topology('watched', (t) => {
   *   t.stream('orders', { key: string(), value: json<{ status: string }>() }).print('orders') // [orders]: 7, { status: 'new' }
   * })
   * ```
   */
  print(label: string = this.handle.id, options: OperatorOptions = {}): void {
    const action = (value: V, key: K): void => void process.stdout.write(`[${label}]: ${inspect(key)}, ${inspect(value)}\n`)
    this.next('print', options, { kind: 'peek', action })
  }

  /**
   * Gives each record to a processor: code with stores, punctuators and any number of results, each with a key, time and
   * headers of its own (Kafka Streams' Processor API). As keys may change, what groups the result goes through a repartition
   * topic: use `processValues` where they stay.
   *
   * @param supplier makes the processor of each task
   * @throws {MillraceError} TOPOLOGY_NAME_CLASH when two builders have the name of one store
   *
   * @example
   * ```ts
   * import { json, keyValueStore, string, topology } from '@millrace/core'
   *
   * const carts = keyValueStore('carts', { key: string(), value: json<string[]>() })
   *
   * export const abandoned = topology('abandoned', (t) => {
   *   t.stream('cart-items', { key: string(), value: string() })
   *     .process(
   *       (context) => {
   *         const store = context.store(carts)
   *         context.schedule({ every: '1h', by: 'wall-clock' }, async () => {
   *           for await (const [customer, items] of store.range()) {
   *             await context.forward({ key: customer, value: items })
   *             store.delete(customer)
   *           }
   *         })
   *         return ({ key, value }) => store.put(key, [...(store.get(key) ?? []), value])
   *       },
   *       { stores: [carts], value: json<string[]>() },
   *     )
   *     .to('abandoned-carts')
   * })
   * ```
   */
  process<NK, NV, Stores extends StoreReference = never>(
    supplier: ProcessorSupplier<K, V, NK, NV, Stores>,
    options: ProcessOptions<Stores> & { readonly key: Serde<NK>; readonly value: Serde<NV> },
  ): Stream<NK, NV>
  process<NV, Stores extends StoreReference = never>(
    supplier: ProcessorSupplier<K, V, K, NV, Stores>,
    options: ProcessOptions<Stores> & { readonly value: Serde<NV> },
  ): Stream<K, NV, State>
  process<Stores extends StoreReference = never>(
    supplier: ProcessorSupplier<K, V, K, V, Stores>,
    options?: ProcessOptions<Stores>,
  ): Stream<K, V, State>
  process(
    supplier: ProcessorSupplier<Any, Any, Any, Any, Any>,
    options: ProcessOptions<StoreReference> & { readonly key?: Serde<Any>; readonly value?: Serde<Any> } = {},
  ): Stream<Any, Any, Any> {
    const { key = this.handle.key, value = this.handle.value } = options
    const stores = connectStores(this.handle.graph, options.stores)
    return this.next('process', options, { kind: 'process', supplier, stores }, key, value)
  }

  /**
   * As `process`, by code that cannot change keys: so nothing that groups the result is repartitioned.
   *
   * @param supplier makes the processor of each task
   * @throws {MillraceError} TOPOLOGY_NAME_CLASH when two builders have the name of one store
   *
   * @example
   * ```ts
   * import { int32, json, string, topology } from '@millrace/core'
   *
   * export const sizes = topology('sizes', (t) => {
   *   t.stream('orders', { key: string(), value: json<{ items: string[] }>() })
   *     .processValues(
   *       (context) => (order) => {
   *         order.headers.push(['task', Buffer.from(context.taskId)])
   *         return context.forward({ ...order, value: order.value.items.length })
   *       },
   *       { value: int32() },
   *     )
   *     .to('order-sizes')
   * })
   * ```
   */
  processValues<NV, Stores extends StoreReference = never>(
    supplier: FixedKeyProcessorSupplier<K, V, NV, Stores>,
    options: ProcessOptions<Stores> & { readonly value: Serde<NV> },
  ): Stream<K, NV, State>
  processValues<Stores extends StoreReference = never>(
    supplier: FixedKeyProcessorSupplier<K, V, V, Stores>,
    options?: ProcessOptions<Stores>,
  ): Stream<K, V, State>
  processValues(
    supplier: FixedKeyProcessorSupplier<Any, Any, Any, Any>,
    options: ProcessOptions<StoreReference> & { readonly value?: Serde<Any> } = {},
  ): Stream<Any, Any, Any> {
    const stores = connectStores(this.handle.graph, options.stores)
    const node = { kind: 'process-values', supplier, stores } as const
    return this.next('process-values', options, node, this.handle.key, options.value ?? this.handle.value)
  }
}
