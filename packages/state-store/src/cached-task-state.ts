import type { CacheBudget } from './cache/cache-budget.ts'
import type { EngineOperation, StateEngine } from './engine/engine.ts'
import { StateStoreError } from './errors.ts'
import type { CommitRing } from './layout/commit-ring.ts'
import { ALL_STORES, CHECKPOINT_KEY, OBSERVED_STARTS } from './layout/keys.ts'
import type { ManagedStore } from './stores/managed-store.ts'
import type { KeyValueStore, Store, TimestampedStore, WindowStore } from './stores/store.ts'
import type { ChangelogRecord, Checkpoint, Pending, TaskState } from './task-state.ts'

/** `writing`: a commit, a restore or a wipe is at the database. */
type Phase = 'open' | 'writing' | 'closed'

/** The stores of a task over one engine. Made by `openTaskState`. */
export class CachedTaskState implements TaskState {
  readonly #engine: StateEngine
  readonly #stores: ReadonlyMap<string, ManagedStore>
  readonly #inOrder: readonly ManagedStore[]
  readonly #budget: CacheBudget
  readonly #commits: CommitRing
  #checkpoint: Checkpoint | null
  #phase: Phase = 'open'
  /** Stays true when a flush fails: half of it is done, and only a discard brings back a known state. */
  #flushing = false
  /** The clearing of expired data in the background, and why it has failed. */
  #expiring: Promise<void> | undefined
  #expiryError: Error | undefined
  #stopExpiry = false

  constructor(
    engine: StateEngine,
    stores: ReadonlyMap<string, ManagedStore>,
    budget: CacheBudget,
    commits: CommitRing,
    checkpoint: Checkpoint | null,
  ) {
    this.#engine = engine
    this.#stores = stores
    this.#inOrder = [...stores.values()]
    this.#budget = budget
    this.#commits = commits
    this.#checkpoint = checkpoint
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
    for (const store of this.#inOrder) store.collect(batch)
    await this.#write(batch, checkpoint, () => {
      for (const store of this.#inOrder) store.committed()
    })
    this.#budget.grown()
    this.#expire()
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
      await this.#write(batch, checkpoint, () => store.restored())
    } catch (error) {
      store.discard()
      throw error
    }
    this.#expire()
  }

  async wipe(): Promise<void> {
    this.#assertOpen('wipe')
    this.#enterWriting()
    try {
      await this.#stopExpiring()
      // The checkpoint goes first: whoever opens a half-wiped database sees that there is none, and finishes.
      const state: EngineOperation[] = [{ type: 'delete', key: CHECKPOINT_KEY }]
      const cursor = this.#engine.cursor(OBSERVED_STARTS)
      for (let chunk = await cursor.next(64); chunk.length > 0; chunk = await cursor.next(64)) {
        for (const [key] of chunk) state.push({ type: 'delete', key })
      }
      await cursor.close()
      await this.#engine.write(state)
      this.#checkpoint = null
      await this.#engine.clear(ALL_STORES)
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
    await this.#stopExpiring()
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
  async #write(batch: EngineOperation[], checkpoint: Checkpoint, applied: () => void): Promise<void> {
    if (this.#expiryError !== undefined) throw this.#expiryError
    batch.push({ type: 'put', key: CHECKPOINT_KEY, value: JSON.stringify(checkpoint) }, this.#commits.next())
    this.#enterWriting()
    try {
      await this.#engine.write(batch)
      this.#commits.advance()
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

  /** Expired data is invisible already; clearing it takes as long as it takes, one store after the other. */
  #expire(): void {
    if (this.#expiring !== undefined || !this.#inOrder.some((store) => store.hasExpired)) return
    const stopping = (): boolean => this.#stopExpiry
    const clear = async (): Promise<void> => {
      for (const store of this.#inOrder) if (store.hasExpired) await store.expire(stopping)
    }
    this.#expiring = clear()
      .catch((error: unknown) => {
        this.#expiryError = error instanceof Error ? error : new Error(String(error))
      })
      .finally(() => {
        this.#expiring = undefined
      })
  }

  async #stopExpiring(): Promise<void> {
    this.#stopExpiry = true
    await this.#expiring
    this.#stopExpiry = false
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
