import type { GraphBuilder } from '../plan/graph/index.ts'
import type { StoreReference } from '../plan/processor.ts'

/** The names of the stores that user code is given; builders are declared on the way. */
export function connectStores(graph: GraphBuilder, stores: readonly StoreReference[] = []): readonly string[] {
  return stores.map((store) => (typeof store === 'string' ? store : graph.declareStore(store)))
}
