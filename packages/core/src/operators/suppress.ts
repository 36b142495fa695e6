import type { Headers, KeyValueStore, Pending } from '@millrace/state-store'
import { MillraceError } from '../errors.ts'
import type { SuppressNode } from '../plan/nodes/window-nodes.ts'
import { byteLengthOf } from '../serde/encoded.ts'
import type { Suppressed, SuppressClock } from '../serde/suppressed.ts'
import type { Windowed } from '../serde/windowed.ts'
import { type Due, DueQueue } from './due-queue.ts'
import type { IdleListener } from './idle-time.ts'
import type { TableReceiver } from './operator.ts'
import type { OperatorScope } from './operator-scope.ts'

/**
 * Holds back the changes of a table: until their window has closed, or a time after the first change of a key (KIP-328). A
 * later change replaces the one held back and keeps its place. Deletions do not leave when windows close: what was never seen
 * need not be taken back. Where the changes are too many, they leave early, first come first, or the task stops.
 */
export class Suppress<K, V> implements TableReceiver<K, V>, IdleListener {
  readonly #node: SuppressNode
  readonly #scope: OperatorScope
  readonly #buffer: KeyValueStore<K | null, Suppressed<V> | SuppressClock>
  readonly #next: TableReceiver<K, V>
  readonly #queue: DueQueue<K>
  /** Bytes held back; counted only where they are bounded. */
  #bytes = 0
  #eventTime = -1
  #observed = -1
  #loaded = false

  constructor(node: SuppressNode, scope: OperatorScope, next: TableReceiver<K, V>) {
    this.#node = node
    this.#scope = scope
    this.#buffer = scope.task.state.keyValue(node.buffer)
    this.#next = next
    this.#queue = new DueQueue((key) => node.key.encode(key))
  }

  change(key: K, next: V | null, previous: V | null, timestamp: number, headers: Headers): Pending {
    if (!this.#loaded) return this.#load().then(() => this.change(key, next, previous, timestamp, headers))
    if (timestamp > this.#observed) {
      this.#observed = timestamp
      this.#advance(timestamp)
    }
    const held = this.#held(key)
    // Of a window that closes nothing was seen, so a change that is only a deletion still has its place.
    const time = held?.time ?? (this.#node.until.type === 'time-limit' ? timestamp : endOf(key))
    const prior = held === undefined ? previous : held.prior
    // The list of its own: a processor that is called later may add to the one that came.
    const entry: Suppressed<V> = { time, timestamp, headers: headers.slice(), next, previous, prior }
    if (held === undefined) this.#queue.push(time, key)
    this.#count(key, entry, held)
    this.#buffer.put(key, entry)
    return this.#release()
  }

  idle(elapsed: number): Pending {
    if (!this.#loaded) return this.#load().then(() => this.idle(elapsed))
    if (this.#observed < 0) return
    this.#advance(this.#observed + elapsed)
    return this.#release()
  }

  #advance(time: number): void {
    if (time <= this.#eventTime) return
    this.#eventTime = time
    this.#buffer.put(null, { eventTime: time })
  }

  #release(): Pending {
    const expired = this.#eventTime - this.#node.until.ms
    while (this.#queue.nextTime <= expired || this.#overfull()) {
      const pending = this.#emit((this.#queue.pop() as Due<K>).key)
      if (pending !== undefined) return pending.then(() => this.#release())
    }
  }

  #overfull(): boolean {
    const { id, maxRecords, maxBytes, whenFull } = this.#node
    if (this.#queue.size === 0 || (this.#queue.size <= maxRecords && this.#bytes <= maxBytes)) return false
    if (whenFull === 'emit-early') return true
    throw new MillraceError(
      'BUFFER_FULL',
      `"${id}" holds back ${this.#queue.size} records (limit ${maxRecords}) and ${this.#bytes} bytes (limit ${maxBytes}), and was told to ` +
        "stop rather than let them out early. Raise maxRecords or maxBytes, or say whenFull: 'emit-early'. The record was not " +
        'processed; it is read again after a restart.',
      { location: { operator: id, task: this.#scope.task.taskId } },
    )
  }

  #emit(key: K): Pending {
    const entry = this.#held(key)
    if (entry === undefined) return
    const { next, previous, timestamp, headers } = entry
    if (next === null && this.#node.until.type === 'window-closes') return this.#remove(key, entry)
    this.#scope.record.enter(this.#node.id, timestamp, headers)
    // A join of this table with itself still sees what was there before (as in Kafka Streams).
    const pending = this.#next.change(key, next, previous, timestamp, headers)
    if (pending !== undefined) return pending.then(() => this.#remove(key, entry))
    this.#remove(key, entry)
  }

  #remove(key: K, entry: Suppressed<V>): void {
    this.#buffer.delete(key)
    this.#count(key, undefined, entry)
  }

  #held(key: K): Suppressed<V> | undefined {
    const entry = this.#buffer.get(key)
    return entry === undefined || 'eventTime' in entry ? undefined : entry
  }

  #count(key: K, entered: Suppressed<V> | undefined, left: Suppressed<V> | undefined): void {
    if (this.#node.maxBytes === Number.POSITIVE_INFINITY) return
    if (entered !== undefined) this.#bytes += this.#sizeOf(key, entered)
    if (left !== undefined) this.#bytes -= this.#sizeOf(key, left)
  }

  #sizeOf(key: K, { next, previous, prior, headers }: Suppressed<V>): number {
    const { key: keys, value: values } = this.#node
    let size = FIXED_BYTES + byteLengthOf(keys.encode(key))
    for (const value of [next, previous, prior]) if (value !== null) size += byteLengthOf(values.encode(value))
    for (const [name, value] of headers) size += name.length + (value?.length ?? 0)
    return size
  }

  async #load(): Promise<void> {
    for await (const [key, entry] of this.#buffer.range()) {
      if (key === null || 'eventTime' in entry) {
        if ('eventTime' in entry) this.#eventTime = entry.eventTime
        continue
      }
      this.#queue.push(entry.time, key)
      this.#count(key, entry, undefined)
    }
    this.#observed = this.#eventTime
    this.#loaded = true
  }
}

/** What an entry takes besides key, values and headers: its times. */
const FIXED_BYTES = 16

function endOf(key: unknown): number {
  return (key as Windowed<unknown>).window.end
}
