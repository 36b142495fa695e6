import { keepHandle, type NodeHandle } from './node-handle.ts'

/**
 * A topic that every process reads whole, all partitions of it (Kafka Streams' GlobalKTable): streams look into it under any
 * key, without being partitioned like it. It is complete before anything is processed, and kept up to date beside it.
 */
export class GlobalTable<K, V> {
  /** Carries the types. */
  declare protected readonly types: { readonly key: K; readonly value: V }
  /** @internal */
  constructor(handle: NodeHandle) {
    keepHandle(this, handle)
  }
}
