import type { CurrentRecord } from './current-record.ts'
import type { StreamReceiver } from './operator.ts'
import type { OperatorScope } from './operator-scope.ts'

/** What stateless operators on a stream have: the user's function in a node, the view that it is shown, what comes next. */
export abstract class RecordOperator<Node, NextKey, NextValue> {
  protected readonly node: Node
  protected readonly record: CurrentRecord
  protected readonly next: StreamReceiver<NextKey, NextValue>

  constructor(node: Node, { record }: OperatorScope, next: StreamReceiver<NextKey, NextValue>) {
    this.node = node
    this.record = record
    this.next = next
  }
}
