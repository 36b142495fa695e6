import type { Headers, Pending } from '@millrace/state-store'
import type { StreamReceiver, TableReceiver } from './operator.ts'
import { dropFailure } from './operator-failure.ts'
import type { OperatorScope } from './operator-scope.ts'

// Under `onProcessingError: 'continue'` each operator stands behind one of these: the record on which it throws is dropped
// there, its siblings and all that was done before go on (KIP-1033).

/** Drops what the operator throws on. */
export class SkipStreamFailures<K, V> implements StreamReceiver<K, V> {
  readonly #scope: OperatorScope
  readonly #guarded: StreamReceiver<K, V>

  constructor(scope: OperatorScope, guarded: StreamReceiver<K, V>) {
    this.#scope = scope
    this.#guarded = guarded
  }

  process(key: K, value: V, timestamp: number, headers: Headers): Pending {
    try {
      const pending = this.#guarded.process(key, value, timestamp, headers)
      return pending?.catch((error: unknown) => dropFailure(error, this.#scope))
    } catch (error) {
      dropFailure(error, this.#scope)
    }
  }
}

/** Drops what the operator throws on. */
export class SkipTableFailures<K, V> implements TableReceiver<K, V> {
  readonly #scope: OperatorScope
  readonly #guarded: TableReceiver<K, V>

  constructor(scope: OperatorScope, guarded: TableReceiver<K, V>) {
    this.#scope = scope
    this.#guarded = guarded
  }

  change(key: K, next: V | null, previous: V | null, timestamp: number, headers: Headers, outdated?: boolean): Pending {
    try {
      const pending = this.#guarded.change(key, next, previous, timestamp, headers, outdated)
      return pending?.catch((error: unknown) => dropFailure(error, this.#scope))
    } catch (error) {
      dropFailure(error, this.#scope)
    }
  }
}
