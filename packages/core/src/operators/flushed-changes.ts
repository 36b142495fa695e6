import type { Headers, Pending } from '@millrace/state-store'
import type { TableReceiver } from './operator.ts'
import { guarded } from './operator-failure.ts'
import type { OperatorScope } from './operator-scope.ts'

/** Passes on what a store's cache tells when it is flushed. No input record is the cause of it; undefined is absent. */
export function flushedChanges<K, V>(
  next: TableReceiver<K, V>,
  { record, task }: OperatorScope,
): (key: K, value: V | undefined, previous: V | undefined, timestamp: number, headers: Headers) => Pending {
  return (key, value, previous, timestamp, headers) => {
    record.fromNowhere()
    return guarded(() => next.change(key, value ?? null, previous ?? null, timestamp, headers), record, task.taskId)
  }
}
