import { suppressed, suppressedKey } from '../serde/suppressed.ts'
import { uncheckedSerde } from '../serde/serde.ts'
import type { GraphCogroup, GraphStreamAggregate, GraphSuppress } from './graph/index.ts'
import type { PlanNode } from './nodes/node.ts'
import type { WindowPlan } from './nodes/window-nodes.ts'
import type { PlanBuilder } from './plan-builder.ts'
import { checkEmit } from './windowed-stores.ts'

type Fold = Pick<GraphStreamAggregate, 'initial' | 'add' | 'merge' | 'emit'>

interface Place {
  readonly id: string
  readonly parents: readonly string[]
  readonly store: string
  readonly mark: number
  readonly table?: string
}

/** The operator of an aggregate: by key, or by key and window. */
export function aggregateNode(place: Place, window: WindowPlan | undefined, fold: Fold): PlanNode {
  const { initial, add, merge, emit = 'on-window-update' } = fold
  const { mark, ...rest } = place
  const common = { ...rest, add, ...(initial !== undefined && { initial }) }
  if (window === undefined) return { kind: 'stream-aggregate', ...common }
  const windowed = { ...common, mark, emit: checkEmit(place.id, window, emit) }
  switch (window.type) {
    case 'time':
      return { kind: 'windowed-aggregate', window, ...windowed }
    case 'sliding':
      return { kind: 'sliding-aggregate', window, ...windowed }
    case 'session': {
      const reduce = (_key: unknown, aggregate: unknown, other: unknown): unknown =>
        aggregate === null ? other : add(aggregate, other, _key)
      return { kind: 'session-aggregate', window, merge: merge ?? reduce, ...windowed }
    }
  }
}

/** One operator for each input, all over one store, and the table that they fill. */
export function lowerCogroup(plan: PlanBuilder, node: GraphCogroup, inputOf: (index: number) => string): void {
  const { id, inputs, window, initial, merge } = node
  const store = plan.stores.add(id, node.store, window)
  const parts = inputs.map(({ add }, mark) => {
    const part = `${id}:input-${mark + 1}`
    const place = { id: part, parents: [inputOf(mark)], store, mark, table: id }
    plan.nodes.set(part, aggregateNode(place, window, { initial, add, ...(merge !== undefined && { merge }) }))
    plan.stores.connect(part, [store])
    return part
  })
  plan.nodes.set(id, { kind: 'cogroup', id, parents: parts, store })
}

export function lowerSuppress(plan: PlanBuilder, node: GraphSuppress): void {
  const { id, until, maxRecords, maxBytes, whenFull, buffer } = node
  const { key, value } = { key: uncheckedSerde(buffer.key), value: uncheckedSerde(buffer.value) }
  const name = plan.stores.addOwn(
    id,
    {
      kind: 'key-value',
      name: plan.nameOf(id, buffer.as),
      key: suppressedKey(key),
      value: suppressed(value),
      // Nobody listens: what enters and leaves between two commits is merged.
      caching: true,
      ...(buffer.inMemory === true && { storage: 'memory' }),
    },
    { logging: buffer.logging },
  )
  const parents = node.parents.map((parent) => plan.outputOf(parent, id))
  plan.nodes.set(id, { kind: 'suppress', id, parents, until, maxRecords, maxBytes, whenFull, buffer: name, key, value })
}
