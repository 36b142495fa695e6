import type { CacheBudget } from './cache/cache-budget.ts'
import type { EngineOperation, StateEngine } from './engine/engine.ts'
import { StateStoreError } from './errors.ts'
import { Expiry } from './expiry.ts'
import type { CommitRing } from './layout/commit-ring.ts'
import { ALL_STORES, CHECKPOINT_KEY, OBSERVED_TIMES } from './layout/keys.ts'
import type { ManagedStore } from './stores/managed-store.ts'
import type { StateClock } from './stores/state-clock.ts'
import type {
  KeyValueStore,
  PagedWindowStore,
  SessionStore,
  Store,
  TimestampedStore,
  VersionedStore,
  WindowStore,
} from './stores/store.ts'
import type { ChangelogRecord, Checkpoint, Pending, TaskState } from './task-state.ts'

/** `writing`: a commit, a restore or a wipe is at the database. */
type Phase = 'open' | 'writing' | 'closed'

/** What a task's state is made of. */
export interface TaskStateParts {
  readonly engine: StateEngine
  readonly memory: StateEngine
  readonly stores: ReadonlyMap<string, ManagedStore>
  /** Those over `memory`. */
  readonly volatile: ReadonlySet<ManagedStore>
  readonly budget: CacheBudget
  readonly commits: CommitRing
  readonly clock: StateClock
  readonly checkpoint: Checkpoint | null
}

/** What one commit or restore writes. */
interface StateChange {
  readonly batch: EngineOperation[]
  /** For the stores in memory. */
  readonly volatile: EngineOperation[]
  readonly checkpoint: Checkpoint
}

/** The stores of a task over one engine. Made by `openTaskState`. */
export class CachedTaskState implements TaskState {
  readonly #engine: StateEngine
  /** What stores in memory commit to. */
  readonly #memory: StateEngine
  readonly #volatile: ReadonlySet<ManagedStore>
  readonly #clock: StateClock
  readonly #stores: ReadonlyMap<string, ManagedStore>
  readonly #inOrder: readonly ManagedStore[]
  readonly #budget: CacheBudget
  readonly #commits: CommitRing
  #checkpoint: Checkpoint | null
  #phase: Phase = 'open'
  /** Stays true when a flush fails: half of it is done, and only a discard brings back a known state. */
  #flushing = false
  readonly #expiry: Expiry

  constructor(parts: TaskStateParts) {
    this.#engine = parts.engine
    this.#memory = parts.memory
    this.#stores = parts.stores
    this.#inOrder = [...parts.stores.values()]
    this.#expiry = new Expiry(this.#inOrder)
    this.#volatile = parts.volatile
    this.#budget = parts.budget
    this.#commits = parts.commits
    this.#clock = parts.clock
    this.#checkpoint = parts.checkpoint
  }

  get clock(): () => number {
    return this.#clock.now
  }

  set clock(now: () => number) {
    this.#clock.now = now
  }

  get checkpoint(): Checkpoint | null {
    return this.#checkpoint
  }

  get stores(): ReadonlyMap<string, Store> {
    return this.#stores
  }

  get needsCommit(): boolean {
    return this.#budget.dirtyBytes > this.#budget.maxBytes
  }

  get cachedBytes(): number {
    return this.#budget.bytes
  }

  get dirty(): boolean {
    return this.#inOrder.some((store) => store.hasUncommitted)
  }

  keyValue<K, V>(name: string): KeyValueStore<K, V> {
    return this.#store(name, 'key-value') as Store as KeyValueStore<K, V>
  }

  timestamped<K, V>(name: string): TimestampedStore<K, V> {
    return this.#store(name, 'timestamped') as Store as TimestampedStore<K, V>
  }

  window<K, V>(name: string): WindowStore<K, V> {
    return this.#store(name, 'window') as Store as WindowStore<K, V>
  }

  pagedWindow<K, V>(name: string): PagedWindowStore<K, V> {
    const store = this.window<K, V>(name)
    if ('entries' in store) return store as PagedWindowStore<K, V>
    throw new StateStoreError('STATE_STORE_UNKNOWN', `The window store '${name}' is not paged: give its definition a pageSpan.`)
  }

  session<K, V>(name: string): SessionStore<K, V> {
    return this.#store(name, 'session') as Store as SessionStore<K, V>
  }

  versioned<K, V>(name: string): VersionedStore<K, V> {
    return this.#store(name, 'versioned') as Store as VersionedStore<K, V>
  }

  flush(): Pending {
    this.#assertOpen('flush')
    this.#flushing = true
    const pending = this.#flushFrom(0)
    if (pending !== undefined) return pending.then(() => this.#flushed())
    this.#flushed()
  }

  async commit(checkpoint: Checkpoint): Promise<void> {
    this.#assertOpen('commit')
    if (this.#flushing) throw misuse('The last flush has failed, or is still going on: await it; when it failed, discard().')
    for (const store of this.#inOrder) {
      if (store.hasUnflushed)
        throw misuse(`The store '${store.name}' has entries that were not flushed: call flush() before commit().`)
    }
    const batch: EngineOperation[] = []
    const volatile: EngineOperation[] = []
    for (const store of this.#inOrder) store.collect(this.#volatile.has(store) ? volatile : batch)
    await this.#write({ batch, volatile, checkpoint }, () => {
      for (const store of this.#inOrder) store.committed()
    })
    this.#budget.grown()
    this.#expiry.begin()
  }

  discard(): void {
    this.#assertOpen('discard')
    this.#flushing = false
    for (const store of this.#inOrder) store.discard()
  }

  async restore(name: string, records: readonly ChangelogRecord[], checkpoint: Checkpoint): Promise<void> {
    this.#assertOpen('restore')
    if (this.dirty) throw misuse('Uncommitted entries are in the way of restoring: commit() or discard() before restore().')
    const store = this.#store(name)
    const batch: EngineOperation[] = []
    try {
      store.restore(records, batch)
      const changes = this.#volatile.has(store) ? { batch: [], volatile: batch } : { batch, volatile: [] }
      await this.#write({ ...changes, checkpoint }, () => store.restored())
    } catch (error) {
      store.discard()
      throw error
    }
    this.#expiry.begin()
  }

  async wipe(): Promise<void> {
    this.#assertOpen('wipe')
    this.#enterWriting()
    try {
      await this.#expiry.stop()
      // The checkpoint goes first: whoever opens a half-wiped database sees that there is none, and finishes.
      const state: EngineOperation[] = [{ type: 'delete', key: CHECKPOINT_KEY }]
      const cursor = this.#engine.cursor(OBSERVED_TIMES)
      for (let chunk = await cursor.next(64); chunk.length > 0; chunk = await cursor.next(64)) {
        for (const [key] of chunk) state.push({ type: 'delete', key })
      }
      await cursor.close()
      await this.#engine.write(state)
      this.#checkpoint = null
      await this.#engine.clear(ALL_STORES)
      await this.#memory.clear(ALL_STORES)
      // A power cut may not bring back cleared entries under what is restored next.
      await this.#engine.write([this.#commits.next()], { durable: true })
      this.#commits.advance()
      for (const store of this.#inOrder) store.wiped()
    } finally {
      this.#leaveWriting()
    }
  }

  async close(): Promise<void> {
    if (this.#phase === 'closed') return
    this.#assertOpen('close')
    for (const store of this.#inOrder) store.discard()
    this.#phase = 'closed'
    this.#budget.writable = false
    await this.#expiry.stop()
    await this.#engine.close()
  }

  #flushed(): void {
    this.#flushing = false
  }

  /** A listener may write to any store: those that were flushed already are flushed once more. */
  #flushFrom(index: number): Pending {
    for (let at = index; at < this.#inOrder.length; at++) {
      const pending = (this.#inOrder[at] as ManagedStore).flush()
      if (pending !== undefined) return pending.then(() => this.#flushFrom(at + 1))
    }
    for (const store of this.#inOrder) if (store.hasUnflushed) return this.#flushFrom(0)
  }

  /** `applied` runs before anybody can write to a store again. */
  async #write({ batch, volatile, checkpoint }: StateChange, applied: () => void): Promise<void> {
    this.#expiry.check()
    batch.push({ type: 'put', key: CHECKPOINT_KEY, value: JSON.stringify(checkpoint) }, this.#commits.next())
    this.#enterWriting()
    try {
      await this.#engine.write(batch)
      this.#commits.advance()
      if (volatile.length > 0) await this.#memory.write(volatile)
      this.#checkpoint = checkpoint
      applied()
    } finally {
      this.#leaveWriting()
    }
  }

  #enterWriting(): void {
    this.#phase = 'writing'
    this.#budget.writable = false
  }

  #leaveWriting(): void {
    this.#phase = 'open'
    this.#budget.writable = true
  }

  #store(name: string, kind?: Store['kind']): ManagedStore {
    const store = this.#stores.get(name)
    if (store === undefined) {
      throw new StateStoreError(
        'STATE_STORE_UNKNOWN',
        `There is no store '${name}' here; there are: ${[...this.#stores.keys()].join(', ')}.`,
      )
    }
    if (kind !== undefined && store.kind !== kind) {
      throw new StateStoreError('STATE_STORE_UNKNOWN', `The store '${name}' is a ${store.kind} store, not a ${kind} store.`)
    }
    return store
  }

  #assertOpen(operation: string): void {
    if (this.#phase === 'open') return
    if (this.#phase === 'closed') {
      throw new StateStoreError(
        'STATE_CLOSED',
        `${operation}() was called on the state in ${this.#engine.location} after it was closed.`,
      )
    }
    throw misuse(`${operation}() was called while another write was going on: await it first.`)
  }
}

function misuse(message: string): StateStoreError {
  return new StateStoreError('STATE_MISUSE', message)
}
