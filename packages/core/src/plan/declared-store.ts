import type { StoreDefinition } from '@millrace/state-store'
import { uncheckedSerde } from '../serde/serde.ts'
import type { StoreBuilder } from './store-builder.ts'

/** The store that a builder declares. @param caching where the builder does not say */
export function declaredStore(builder: StoreBuilder, caching: boolean): StoreDefinition {
  const { name, key, value, inMemory } = builder
  const common = {
    name,
    key: uncheckedSerde(key),
    value: uncheckedSerde(value),
    caching: builder.caching ?? caching,
    ...(inMemory && { storage: 'memory' as const }),
  }
  switch (builder.kind) {
    case 'key-value':
    case 'timestamped': {
      const { kind, timeToLive } = builder
      return { ...common, kind, ...(timeToLive !== undefined && { timeToLive }) }
    }
    case 'window': {
      const { kind, size, retention, duplicates } = builder
      return { ...common, kind, size, retention, ...(duplicates && { duplicates, pageSpan: Math.max(1, size) }) }
    }
    case 'session': {
      const { kind, retention } = builder
      return { ...common, kind, retention }
    }
  }
}
