import type { Headers, Pending } from '@millrace/state-store'
import type { MapAsyncNode } from '../plan/nodes/node.ts'
import type { RecordView } from '../plan/record-view.ts'
import { identityOf } from '../serde/encoded.ts'
import type { AsyncOperator } from './async-work.ts'
import type { StreamReceiver } from './operator.ts'
import { dropFailure } from './operator-failure.ts'
import type { OperatorScope } from './operator-scope.ts'

/** A record under way. */
interface Call<K, V> {
  readonly key: K
  readonly value: V
  readonly view: RecordView
  /** What its key is told apart by; null: it waits for nobody, as it has no key. */
  readonly identity: string | number | bigint | null
  outcome: { readonly value: unknown } | { readonly error: unknown } | undefined
}

/**
 * `mapAsync`: a new value by a function that may wait. Up to `concurrency` records are under way at a time; one whose key is
 * under way waits for it, so that the calls and the results of a key stay in order. When there is no room, the task waits.
 */
export class MapAsync<K, V> implements StreamReceiver<K, V>, AsyncOperator {
  readonly #node: MapAsyncNode
  readonly #scope: OperatorScope
  readonly #next: StreamReceiver<K, unknown>
  /** By key: the call that is running, and those that wait for it. */
  readonly #byKey = new Map<string | number | bigint, Call<K, V>[]>()
  #ready: Call<K, V>[] = []
  #underWay = 0
  #closed = false

  constructor(node: MapAsyncNode, scope: OperatorScope, next: StreamReceiver<K, unknown>) {
    this.#node = node
    this.#scope = scope
    this.#next = next
    scope.async.add(this)
    scope.onClose.push(() => {
      this.#closed = true
    })
  }

  get underWay(): number {
    return this.#underWay
  }

  get hasReady(): boolean {
    return this.#ready.length > 0
  }

  process(key: K, value: V, timestamp: number, headers: Headers): Pending {
    const { topic, partition, offset } = this.#scope.record
    const view: RecordView = { timestamp, headers, topic, partition, offset }
    const call: Call<K, V> = { key, value, view, identity: this.#identityOf(key), outcome: undefined }
    if (this.#underWay < this.#node.concurrency) this.#take(call)
    else return this.#whenThereIsRoom(call)
  }

  passOn(): Pending {
    const { record, task } = this.#scope
    for (let call = this.#ready.shift(); call !== undefined; call = this.#ready.shift()) {
      this.#underWay--
      const { key, view, outcome } = call
      record.enter(this.#node.id, view.timestamp, view.headers)
      record.at(view)
      if (outcome !== undefined && 'error' in outcome) {
        if (task.onProcessingError !== 'continue') throw outcome.error
        dropFailure(outcome.error, this.#scope)
        continue
      }
      const pending = this.#next.process(key, outcome?.value ?? null, view.timestamp, view.headers)
      if (pending !== undefined) return pending.then(() => this.passOn())
    }
  }

  async #whenThereIsRoom(call: Call<K, V>): Promise<void> {
    while (this.#underWay >= this.#node.concurrency) {
      if (!this.hasReady) await this.#scope.async.next()
      await this.passOn()
    }
    this.#scope.record.at(call.view)
    this.#take(call)
  }

  #take(call: Call<K, V>): void {
    this.#underWay++
    const { identity } = call
    const before = identity === null ? undefined : this.#byKey.get(identity)
    if (before !== undefined) {
      before.push(call)
      return
    }
    if (identity !== null) this.#byKey.set(identity, [call])
    this.#run(call)
  }

  #run(call: Call<K, V>): void {
    const finish = (outcome: NonNullable<Call<K, V>['outcome']>): void => {
      call.outcome = outcome
      this.#finished(call)
    }
    this.#call(call).then(
      (value) => finish({ value }),
      (error: unknown) => finish({ error }),
    )
  }

  /** Async, so that what the function throws at once is a rejection too. */
  async #call({ key, value, view }: Call<K, V>): Promise<unknown> {
    return this.#node.mapper(value, key, view)
  }

  #finished(call: Call<K, V>): void {
    if (this.#closed) return
    this.#ready.push(call)
    const { identity } = call
    const calls = identity === null ? undefined : this.#byKey.get(identity)
    if (identity !== null && calls !== undefined) {
      calls.shift()
      const [following] = calls
      if (following === undefined) this.#byKey.delete(identity)
      else if (!('error' in (call.outcome ?? {})) || this.#scope.task.onProcessingError === 'continue') this.#run(following)
    }
    this.#scope.async.arrived()
  }

  #identityOf(key: K): string | number | bigint | null {
    return key === null ? null : identityOf(this.#node.key, key)
  }
}
