import type { Pending } from '@millrace/state-store'
import { MillraceError } from '../errors.ts'
import type { PlanNode, SourceNode } from '../plan/nodes/node.ts'
import type { Subtopology, TopologyPlan } from '../plan/topology-plan.ts'
import { CurrentRecord } from './current-record.ts'
import { DynamicSink } from './dynamic-sink.ts'
import { fanOutStream, fanOutTable } from './fan-out.ts'
import { Filter } from './filter.ts'
import { FlatMap } from './flat-map.ts'
import { FlatMapValues } from './flat-map-values.ts'
import { MapRecord } from './map.ts'
import { MapValues } from './map-values.ts'
import type { StreamReceiver, TableReceiver } from './operator.ts'
import type { OperatorScope } from './operator-scope.ts'
import { Peek } from './peek.ts'
import { Repartition } from './repartition.ts'
import { ReadChanges, RepartitionChanges } from './repartition-changes.ts'
import { SelectKey } from './select-key.ts'
import { Sink } from './sink.ts'
import { SkipStreamFailures, SkipTableFailures } from './skip-failures.ts'
import { Source } from './source.ts'
import { Split } from './split.ts'
import { StreamAggregate } from './stream-aggregate.ts'
import { TableAggregate } from './table-aggregate.ts'
import { TableFilter } from './table-filter.ts'
import { TableMapValues } from './table-map-values.ts'
import type { CompiledTask, SourceInput, TaskContext } from './task-context.ts'
import { ToStream } from './to-stream.ts'
import { toTable } from './to-table.ts'
import { WindowedAggregate } from './windowed-aggregate.ts'

/**
 * Makes the operators of one sub-topology for one task. Children are made before their parents, so that each operator is
 * born with its fixed receiver; the children of a node receive in the order of their creation.
 *
 * Operators hold event times in memory: after a discard of the task's state, compile anew.
 *
 * @throws {MillraceError} TOPOLOGY_INVALID when two sources of the sub-topology read one topic
 */
export function compileTask(plan: TopologyPlan, subtopology: Subtopology, context: TaskContext): CompiledTask {
  const scope: OperatorScope = { plan, task: context, record: new CurrentRecord() }
  const wiring = new Wiring(scope, subtopology)
  const inputs = new Map<string, SourceInput>()
  for (const id of [...subtopology.nodes].reverse()) {
    const node = plan.nodes.get(id)
    if (node === undefined) throw new MillraceError('TOPOLOGY_INVALID', `Node "${id}" is in no plan`)
    if (node.kind !== 'source') wiring.add(node, receiverOf(node, scope, wiring))
    else if (!inputs.has(node.topic)) inputs.set(node.topic, sourceOf(node, scope, wiring))
    else throw new MillraceError('TOPOLOGY_INVALID', `Topic "${node.topic}" is read by two sources of one sub-topology`)
  }
  return { inputs, afterRecord: nothingDue, punctuateWallClock: nothingDue, nextWallClockDue: Number.POSITIVE_INFINITY }
}

/** What a node receives with; which of the two is known by its kind. */
type Receiver = { readonly stream: StreamReceiver<unknown, unknown> } | { readonly table: TableReceiver<unknown, unknown> }

/** The receivers made so far, children first. */
class Wiring {
  readonly #scope: OperatorScope
  readonly #children = new Map<string, Receiver[]>()

  constructor(scope: OperatorScope, subtopology: Subtopology) {
    this.#scope = scope
    for (const id of subtopology.nodes) this.#children.set(id, [])
  }

  add(node: PlanNode, receiver: Receiver): void {
    // Nodes come in reverse order of creation: each one goes before its younger siblings.
    for (const parent of node.parents) this.#children.get(parent)?.unshift(receiver)
  }

  streamChildren(id: string): StreamReceiver<unknown, unknown> {
    return fanOutStream(this.branches(id))
  }

  /** The children one by one, in the order of their creation. */
  branches(id: string): readonly StreamReceiver<unknown, unknown>[] {
    const skips = this.#scope.task.onProcessingError === 'continue'
    const children = (this.#children.get(id) ?? []).flatMap((child) => ('stream' in child ? [child.stream] : []))
    return skips ? children.map((child) => new SkipStreamFailures(this.#scope, child)) : children
  }

  tableChildren(id: string): TableReceiver<unknown, unknown> {
    const skips = this.#scope.task.onProcessingError === 'continue'
    const children = (this.#children.get(id) ?? []).flatMap((child) => ('table' in child ? [child.table] : []))
    return fanOutTable(skips ? children.map((child) => new SkipTableFailures(this.#scope, child)) : children)
  }
}

function sourceOf(node: SourceNode, scope: OperatorScope, wiring: Wiring): SourceInput {
  if (node.changes === true) return new Source(node, scope, new ReadChanges(wiring.tableChildren(node.id)))
  if (node.as === 'table') return new Source(node, scope, toTable(node, scope, wiring.tableChildren(node.id)))
  return new Source(node, scope, wiring.streamChildren(node.id))
}

function receiverOf(node: Exclude<PlanNode, SourceNode>, scope: OperatorScope, wiring: Wiring): Receiver {
  const { id } = node
  switch (node.kind) {
    case 'filter':
      return { stream: new Filter(node, scope, wiring.streamChildren(id)) }
    case 'map':
      return { stream: new MapRecord(node, scope, wiring.streamChildren(id)) }
    case 'map-values':
      return { stream: new MapValues(node, scope, wiring.streamChildren(id)) }
    case 'flat-map':
      return { stream: new FlatMap(node, scope, wiring.streamChildren(id)) }
    case 'flat-map-values':
      return { stream: new FlatMapValues(node, scope, wiring.streamChildren(id)) }
    case 'select-key':
      return { stream: new SelectKey(node, scope, wiring.streamChildren(id)) }
    case 'peek':
      return { stream: new Peek(node, scope, wiring.streamChildren(id)) }
    case 'merge':
    case 'branch':
      return { stream: wiring.streamChildren(id) }
    case 'split':
      return { stream: new Split(node, scope, wiring.branches(id)) }
    case 'repartition':
      return { stream: new Repartition(node, scope) }
    case 'sink':
      return { stream: new Sink(node, scope) }
    case 'dynamic-sink':
      return { stream: new DynamicSink(node, scope) }
    case 'stream-aggregate':
      return { stream: new StreamAggregate(node, scope, wiring.tableChildren(id)) }
    case 'windowed-aggregate':
      return { stream: new WindowedAggregate(node, scope, wiring.tableChildren(id)) }
    case 'to-table':
      return { stream: toTable(node, scope, wiring.tableChildren(id)) }
    case 'repartition-changes':
      return { table: new RepartitionChanges(node, scope) }
    case 'table-aggregate':
      return { table: new TableAggregate(node, scope, wiring.tableChildren(id)) }
    case 'table-filter':
      return { table: new TableFilter(node, scope, wiring.tableChildren(id)) }
    case 'table-map-values':
      return { table: new TableMapValues(node, scope, wiring.tableChildren(id)) }
    case 'to-stream':
      return { table: new ToStream(wiring.streamChildren(id)) }
  }
}

function nothingDue(): Pending {}
