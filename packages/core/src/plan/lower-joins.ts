import { responseOf, subscription } from '../serde/foreign-key.ts'
import { uncheckedSerde } from '../serde/serde.ts'
import type {
  GraphForeignKeyJoin,
  GraphGlobalJoin,
  GraphStreamJoin,
  GraphStreamTableJoin,
  GraphTableJoin,
} from './graph/index.ts'
import { addJoinBuffer, addSubscriptionStore, addUnmatchedStore, addWaitingStore } from './join-stores.ts'
import type { ForeignKeySubscribeNode } from './nodes/join-nodes.ts'
import type { PlanBuilder } from './plan-builder.ts'

// Joins of streams take their inputs by key: through a repartition topic where the key was changed. Tables are by key already.

export function lowerStreamJoin(plan: PlanBuilder, node: GraphStreamJoin): void {
  const { id, as, mode, joiner, within, left, right, logging } = node
  const [leftInput = '', rightInput = ''] = node.parents
  const name = plan.nameOf(id, as)
  const parents = [plan.byKeyForJoin(leftInput, id, as, left, 'left'), plan.byKeyForJoin(rightInput, id, as, right, 'right')]
  const withItself = plan.optimises && mode === 'inner' && parents[0] === parents[1]
  const leftStore = addJoinBuffer(plan.stores, { operator: id, name: `${name}-left`, stream: left, within, logging })
  const rightStore = withItself
    ? leftStore
    : addJoinBuffer(plan.stores, { operator: id, name: `${name}-right`, stream: right, within, logging })
  const unmatched = { operator: id, name: `${name}-unmatched`, left, right, logging }
  const unmatchedStore = mode === 'inner' ? {} : { unmatchedStore: addUnmatchedStore(plan.stores, unmatched) }
  plan.nodes.set(id, { kind: 'stream-join', id, parents, mode, joiner, within, leftStore, rightStore, ...unmatchedStore })
}

export function lowerStreamTableJoin(plan: PlanBuilder, node: GraphStreamTableJoin): void {
  const { id, as, mode, joiner, stream, grace, logging } = node
  const [input = '', table = ''] = node.parents
  const name = plan.nameOf(id, as)
  const parents = [plan.byKeyForJoin(input, id, as, stream), plan.outputOf(table, id)]
  const store = { operator: id, name: `${name}-buffer`, stream, logging }
  const buffer = grace === undefined ? {} : { buffer: { grace, store: addWaitingStore(plan.stores, store) } }
  plan.nodes.set(id, { kind: 'stream-table-join', id, parents, mode, joiner, ...buffer })
}

export function lowerGlobalJoin(plan: PlanBuilder, node: GraphGlobalJoin): void {
  const { id, mode, joiner, keySelector, global } = node
  const parents = node.parents.map((parent) => plan.outputOf(parent, id))
  plan.nodes.set(id, { kind: 'global-join', id, parents, mode, joiner, keySelector, global: plan.globalStoreOf(global) })
  if (node.parents.some((parent) => plan.isKeyChanged(parent, id))) plan.keyChanged.add(id)
}

export function lowerTableJoin(plan: PlanBuilder, node: GraphTableJoin): void {
  const { id, mode, joiner, store } = node
  const parents = node.parents.map((parent) => plan.outputOf(parent, id))
  plan.nodes.set(id, {
    kind: 'table-join',
    id,
    parents,
    mode,
    joiner,
    ...(store !== undefined && { store: plan.stores.add(id, store) }),
  })
}

/**
 * As Kafka Streams does it (KIP-213): the left side subscribes, through a topic by foreign key, to the rows of the right side
 * that it names; the right side answers through a topic by the left side's key; what the answers join to is a table.
 */
export function lowerForeignKeyJoin(plan: PlanBuilder, node: GraphForeignKeyJoin): void {
  const { id, mode, joiner, foreignKey, store } = node
  const [left = '', right = ''] = node.parents.map((parent) => plan.outputOf(parent, id))
  const primaryKey = uncheckedSerde(node.left.key)
  const leftValue = uncheckedSerde(node.left.value)
  const rightKey = uncheckedSerde(node.right.key)
  const response = responseOf(uncheckedSerde(node.right.value))
  const name = plan.nameOf(id, store.as ?? node.name)
  const subscriptions = plan.addRepartitionTopic(id, `${name}-subscriptions`)
  const responses = plan.addRepartitionTopic(id, `${name}-responses`)
  const subscribe: ForeignKeySubscribeNode = {
    kind: 'foreign-key-subscribe',
    id: `${id}:subscribe`,
    parents: [left],
    mode,
    foreignKey,
    topic: subscriptions,
    key: rightKey,
    value: subscription,
    primaryKey,
    leftValue,
  }
  plan.nodes.set(subscribe.id, subscribe)
  const respond = `${id}:respond`
  const subscribed = plan.readInternal(subscribe.id, subscriptions, { key: rightKey, value: subscription })
  plan.nodes.set(respond, {
    kind: 'foreign-key-respond',
    id: respond,
    parents: [subscribed, right],
    store: addSubscriptionStore(plan.stores, { operator: respond, name: `${name}-subscriptions`, logging: store.logging }),
    topic: responses,
    foreignKey: rightKey,
    key: primaryKey,
    value: response,
  })
  const resolve = `${id}:resolve`
  const responded = plan.readInternal(respond, responses, { key: primaryKey, value: response })
  plan.nodes.set(resolve, {
    kind: 'foreign-key-resolve',
    id: resolve,
    parents: [responded, left],
    mode,
    joiner,
    leftValue,
    subscribe,
  })
  plan.nodes.set(id, { kind: 'to-table', id, parents: [resolve], ...plan.tableStore(id, store) })
}
