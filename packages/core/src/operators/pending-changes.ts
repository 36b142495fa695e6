import { identityOf } from '../serde/encoded.ts'
import type { OperatorScope } from './operator-scope.ts'

/** What a cached table holds that it has not passed on. */
export interface PendingChanges<K> {
  has(key: K): boolean
  /** What tells a key from others in a map. */
  identity(key: K): unknown
}

/** Of a table, or of those that it is a view of. Null: none of them is cached, so each change is passed on as it comes. */
// oxlint-disable-next-line typescript/no-explicit-any -- the types of the nodes' keys and values end where the plan begins
export function pendingChanges(id: string, scope: OperatorScope): PendingChanges<any> | null {
  const pending = storesOf(id, scope).flatMap((store) => pendingIn(store, scope) ?? [])
  const [first] = pending
  if (first === undefined) return null
  return { has: (key) => pending.some((each) => each.has(key)), identity: first.identity }
}

function storesOf(id: string, scope: OperatorScope): readonly string[] {
  const node = scope.plan.nodes.get(id)
  if (node === undefined) return []
  if ('store' in node && node.store !== undefined) return [node.store]
  return node.parents.flatMap((parent) => storesOf(parent, scope))
}

// oxlint-disable-next-line typescript/no-explicit-any -- as above
function pendingIn(name: string, { plan, task }: OperatorScope): PendingChanges<any> | null {
  const definition = plan.stores.get(name)?.definition
  if (definition?.caching !== true) return null
  const { state } = task
  const identity = (key: unknown): string | number | bigint => identityOf(definition.key, key)
  switch (definition.kind) {
    case 'timestamped': {
      const store = state.timestamped(name)
      return { identity, has: (key) => store.get(key)?.value !== store.getFlushed(key)?.value }
    }
    case 'window': {
      const store = state.window(name)
      return {
        identity: ({ key, window }) => `${window.start} ${identity(key)}`,
        has: ({ key, window }) => store.get(key, window.start)?.value !== store.getFlushed(key, window.start)?.value,
      }
    }
    case 'session': {
      const store = state.session(name)
      return {
        identity: ({ key, window }) => `${window.start} ${window.end} ${identity(key)}`,
        has: ({ key, window: { start, end } }) => store.get(key, start, end) !== store.getFlushed(key, start, end),
      }
    }
    default:
      return null
  }
}
