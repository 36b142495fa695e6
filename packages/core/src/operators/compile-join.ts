import type { JoinNode } from '../plan/nodes/join-nodes.ts'
import { ForeignKeyResolve } from './foreign-key-resolve.ts'
import { ForeignKeyRespond } from './foreign-key-respond.ts'
import { ForeignKeySubscribe } from './foreign-key-subscribe.ts'
import { GlobalJoin } from './global-join.ts'
import { listening } from './idle-time.ts'
import type { Receiver, StreamReceiver, TableReceiver } from './operator.ts'
import type { OperatorScope } from './operator-scope.ts'
import { SelfJoin } from './self-join.ts'
import { StreamJoin } from './stream-join.ts'
import { StreamTableJoin } from './stream-table-join.ts'
import { TableJoin } from './table-join.ts'

/** The receivers made so far. */
export interface Children {
  streamChildren(id: string): StreamReceiver<unknown, unknown>
  tableChildren(id: string): TableReceiver<unknown, unknown>
}

const KINDS: ReadonlySet<string> = new Set<JoinNode['kind']>([
  'stream-join',
  'stream-table-join',
  'global-join',
  'table-join',
  'foreign-key-subscribe',
  'foreign-key-respond',
  'foreign-key-resolve',
])

export function isJoin(node: { readonly kind: string }): node is JoinNode {
  return KINDS.has(node.kind)
}

/** What a join receives with, parent by parent; null: from that parent nothing is received, it is looked into. */
export function joinReceivers(node: JoinNode, scope: OperatorScope, children: Children): readonly (Receiver | null)[] {
  const { id } = node
  switch (node.kind) {
    case 'stream-join': {
      const next = children.streamChildren(id)
      if (node.leftStore === node.rightStore) return [{ stream: new SelfJoin(node, scope, next) }, null]
      const join = new StreamJoin(node, scope, next)
      if (node.unmatchedStore !== undefined) listening(join, scope)
      return [{ stream: join.left }, { stream: join.right }]
    }
    case 'stream-table-join':
      return [{ stream: new StreamTableJoin(node, scope, children.streamChildren(id)) }, null]
    case 'global-join':
      return [{ stream: new GlobalJoin(node, scope, children.streamChildren(id)) }]
    case 'table-join': {
      const { left, right } = new TableJoin(node, scope, children.tableChildren(id))
      return [{ table: left }, { table: right }]
    }
    case 'foreign-key-subscribe':
      return [{ table: new ForeignKeySubscribe(node, scope) }]
    case 'foreign-key-respond': {
      const { subscriptions, rows } = new ForeignKeyRespond(node, scope)
      return [{ stream: subscriptions }, { table: rows }]
    }
    case 'foreign-key-resolve':
      return [{ stream: new ForeignKeyResolve(node, scope, children.streamChildren(id)) }, null]
  }
}
