import { CacheBudget } from './cache/cache-budget.ts'
import type { StateEngine } from './engine/engine.ts'
import { StateStoreError } from './errors.ts'
import { CommitRing } from './layout/commit-ring.ts'
import { memoryEngine } from './engine/memory-engine.ts'
import { forgetStores, openLayouts, parseStateRecord, type StoreLayout } from './layout/header.ts'
import { ALL_STORES, CHECKPOINT_KEY, endOf, prefix } from './layout/keys.ts'
import { CachedTaskState } from './cached-task-state.ts'
import type { StoreDefinition } from './stores/definition.ts'
import { CachedKeyValueStore } from './stores/key-value-store.ts'
import type { ManagedStore } from './stores/managed-store.ts'
import { CachedPagedWindowStore } from './stores/paged-window-store.ts'
import { CachedSessionStore } from './stores/session-store.ts'
import type { StateClock } from './stores/state-clock.ts'
import { CachedTimestampedStore } from './stores/timestamped-store.ts'
import { CachedVersionedStore } from './stores/versioned-store.ts'
import { CachedWindowStore } from './stores/window-store.ts'
import type { Checkpoint, TaskState, TaskStateOptions } from './task-state.ts'

const DEFAULT_CACHE_BYTES = 16 * 1024 * 1024

/**
 * Opens the database of a task with its stores.
 *
 * @throws {StateStoreError} STATE_LOCKED, STATE_CORRUPT, STATE_FORMAT, STATE_IO, STATE_STORE_DUPLICATE, STATE_STORE_CHANGED;
 * the engine is then closed again.
 */
export async function openTaskState(options: TaskStateOptions): Promise<TaskState> {
  const { engine, stores: definitions, cacheMaxBytes = DEFAULT_CACHE_BYTES } = options
  assertNamesDiffer(definitions)
  await engine.open()
  try {
    const inMemory = definitions.filter(({ storage }) => storage === 'memory')
    await forgetStores(
      engine,
      inMemory.map(({ name }) => name),
    )
    const layouts = await openLayouts(
      engine,
      definitions.filter(({ storage }) => storage !== 'memory'),
    )
    const memory = memoryEngine()
    await memory.open()
    const memoryLayouts = await openLayouts(memory, inMemory)
    const commits = await CommitRing.open(engine)
    const text = engine.get(CHECKPOINT_KEY)
    const checkpoint = text === undefined ? null : parseStateRecord<Checkpoint>(engine, 'checkpoint', text)
    // Data and checkpoint come in one batch: data alone is what an interrupted wipe has left.
    if (checkpoint === null) await engine.clear(ALL_STORES)
    const budget = new CacheBudget(cacheMaxBytes)
    const clock: StateClock = { now: () => 0 }
    const stores = new Map<string, ManagedStore>()
    const volatile = new Set<ManagedStore>()
    for (const definition of definitions) {
      const { name, storage } = definition
      const durable = storage !== 'memory'
      const layout = (durable ? layouts : memoryLayouts).get(name) as StoreLayout
      const store = await openStore(definition, layout, durable ? engine : memory, budget, clock)
      stores.set(name, store)
      if (!durable) volatile.add(store)
    }
    return new CachedTaskState({ engine, memory, stores, volatile, budget, commits, clock, checkpoint })
  } catch (error) {
    await engine.close()
    throw error
  }
}

async function openStore(
  definition: StoreDefinition,
  layout: StoreLayout,
  engine: StateEngine,
  budget: CacheBudget,
  clock: StateClock,
): Promise<ManagedStore> {
  const { id } = layout
  switch (definition.kind) {
    case 'key-value':
      return new CachedKeyValueStore(definition, id, await isEmpty(engine, id), engine, budget, clock)
    case 'timestamped':
      return new CachedTimestampedStore(definition, id, await isEmpty(engine, id), engine, budget, clock)
    case 'window':
      if (definition.pageSpan !== undefined) return new CachedPagedWindowStore(definition, layout, engine, budget)
      return new CachedWindowStore(definition, layout, engine, budget)
    case 'session':
      return new CachedSessionStore(definition, id, await isEmpty(engine, id), engine, budget)
    case 'versioned':
      return new CachedVersionedStore(definition, id, await isEmpty(engine, id), engine, budget)
  }
}

async function isEmpty(engine: StateEngine, store: number): Promise<boolean> {
  const gte = prefix(store)
  const cursor = engine.cursor({ gte, lt: endOf(gte) as Buffer })
  const first = await cursor.next(1)
  await cursor.close()
  return first.length === 0
}

function assertNamesDiffer(definitions: readonly StoreDefinition[]): void {
  const names = new Set<string>()
  for (const { name } of definitions) {
    if (names.has(name)) {
      throw new StateStoreError('STATE_STORE_DUPLICATE', `Two stores of one task are named '${name}': rename one of them.`)
    }
    names.add(name)
  }
}
