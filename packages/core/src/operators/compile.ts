import { MillraceError } from '../errors.ts'
import type { JoinNode } from '../plan/nodes/join-nodes.ts'
import type { PlanNode, SourceNode } from '../plan/nodes/node.ts'
import type { Subtopology, TopologyPlan } from '../plan/topology-plan.ts'
import { isJoin, joinReceivers } from './compile-join.ts'
import { DynamicSink } from './dynamic-sink.ts'
import { fanOutStream, fanOutTable } from './fan-out.ts'
import { Filter } from './filter.ts'
import { FlatMap } from './flat-map.ts'
import { FlatMapValues } from './flat-map-values.ts'
import { IdleTime, listening } from './idle-time.ts'
import { MapRecord } from './map.ts'
import { MapAsync } from './map-async.ts'
import { MapValues } from './map-values.ts'
import type { Receiver, StreamReceiver, TableReceiver } from './operator.ts'
import { type OperatorScope, operatorScope } from './operator-scope.ts'
import { OwnHeaders } from './own-headers.ts'
import { Peek } from './peek.ts'
import { type NamedReceiver, Process } from './process.ts'
import { Repartition } from './repartition.ts'
import { ReadChanges, RepartitionChanges } from './repartition-changes.ts'
import { SelectKey } from './select-key.ts'
import { SessionAggregate } from './session-aggregate.ts'
import { Sink } from './sink.ts'
import { SkipStreamFailures, SkipTableFailures } from './skip-failures.ts'
import { SlidingAggregate } from './sliding-aggregate.ts'
import { Source } from './source.ts'
import { Split } from './split.ts'
import { StreamAggregate } from './stream-aggregate.ts'
import { Suppress } from './suppress.ts'
import { TableAggregate } from './table-aggregate.ts'
import { TableFilter } from './table-filter.ts'
import { TableMapValues } from './table-map-values.ts'
import { TableTransformValues } from './table-transform-values.ts'
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
  const scope = operatorScope(plan, context)
  const { byStreamTime, byWallClock } = scope.punctuation
  const idle = subtopology.idleAfter === undefined ? undefined : new IdleTime(subtopology.idleAfter, scope)
  const wiring = new Wiring(scope, subtopology)
  const inputs = new Map<string, SourceInput>()
  for (const id of [...subtopology.nodes].reverse()) {
    const node = plan.nodes.get(id)
    if (node === undefined) throw new MillraceError('TOPOLOGY_INVALID', `Node "${id}" is in no plan`)
    if (isJoin(node)) wiring.add(node, joinReceivers(node, scope, wiring))
    else if (node.kind !== 'source') {
      const receiver = receiverOf(node, scope, wiring)
      wiring.add(
        node,
        node.parents.map(() => receiver),
      )
    } else if (!inputs.has(node.topic)) inputs.set(node.topic, sourceOf(node, scope, wiring))
    else throw new MillraceError('TOPOLOGY_INVALID', `Topic "${node.topic}" is read by two sources of one sub-topology`)
  }
  return {
    inputs,
    afterRecord: () => {
      idle?.recordCame()
      if (byStreamTime.nextDue <= context.streamTime) return byStreamTime.run(context.streamTime)
    },
    punctuateWallClock: (now) => byWallClock.run(now),
    async: scope.async,
    get nextWallClockDue() {
      return byWallClock.nextDue
    },
    close: () => scope.onClose.forEach((close) => close()),
  }
}

interface Child {
  readonly id: string
  readonly receiver: Receiver
}

/** These hand the record on that they got; all others make one of their own. */
const PASSES_ON: ReadonlySet<PlanNode['kind']> = new Set(['merge', 'branch'])
const PROCESSORS: ReadonlySet<PlanNode['kind']> = new Set(['process', 'process-values'])

/** The receivers made so far, children first. */
class Wiring {
  readonly #scope: OperatorScope
  readonly #children = new Map<string, Child[]>()
  /** Whether somebody in this task may add to the headers of a record. */
  readonly #ownHeaders: boolean

  constructor(scope: OperatorScope, subtopology: Subtopology) {
    this.#scope = scope
    this.#ownHeaders = subtopology.nodes.some((id) => PROCESSORS.has(this.#kindOf(id)))
    for (const id of subtopology.nodes) this.#children.set(id, [])
  }

  /** @param receivers - by parent; null: nothing is received from that one */
  add({ id, parents }: PlanNode, receivers: readonly (Receiver | null)[]): void {
    // Nodes come in reverse order of creation: each one goes before its younger siblings, and its left side before its right.
    for (const [index, receiver] of [...receivers.entries()].reverse()) {
      if (receiver !== null) this.#children.get(parents[index] ?? id)?.unshift({ id, receiver })
    }
  }

  streamChildren(id: string): StreamReceiver<unknown, unknown> {
    const next = fanOutStream(this.namedChildren(id).map(({ receiver }) => receiver))
    return this.#ownHeaders && !PASSES_ON.has(this.#kindOf(id)) ? new OwnHeaders(next) : next
  }

  /** The children one by one, in the order of their creation. */
  namedChildren(id: string): readonly NamedReceiver[] {
    const skips = this.#scope.task.onProcessingError === 'continue'
    return (this.#children.get(id) ?? []).flatMap((child) => {
      if (!('stream' in child.receiver)) return []
      const { stream } = child.receiver
      return [{ id: child.id, receiver: skips ? new SkipStreamFailures(this.#scope, stream) : stream }]
    })
  }

  tableChildren(id: string): TableReceiver<unknown, unknown> {
    const skips = this.#scope.task.onProcessingError === 'continue'
    const children = (this.#children.get(id) ?? []).flatMap(({ receiver }) => ('table' in receiver ? [receiver.table] : []))
    return fanOutTable(skips ? children.map((child) => new SkipTableFailures(this.#scope, child)) : children)
  }

  #kindOf(id: string): PlanNode['kind'] {
    return this.#scope.plan.nodes.get(id)?.kind ?? 'source'
  }
}

function sourceOf(node: SourceNode, scope: OperatorScope, wiring: Wiring): SourceInput {
  if (node.changes === true) return new Source(node, scope, new ReadChanges(wiring.tableChildren(node.id)))
  if (node.as === 'table') return new Source(node, scope, toTable(node, scope, wiring.tableChildren(node.id)))
  return new Source(node, scope, wiring.streamChildren(node.id))
}

function receiverOf(node: Exclude<PlanNode, SourceNode | JoinNode>, scope: OperatorScope, wiring: Wiring): Receiver {
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
      return {
        stream: new Split(
          node,
          scope,
          wiring.namedChildren(id).map(({ receiver }) => receiver),
        ),
      }
    case 'map-async':
      return { stream: new MapAsync(node, scope, wiring.streamChildren(id)) }
    case 'process':
    case 'process-values':
      return { stream: new Process(node, scope, wiring.namedChildren(id)) }
    case 'repartition':
      return { stream: new Repartition(node, scope) }
    case 'sink':
      return { stream: new Sink(node, scope) }
    case 'dynamic-sink':
      return { stream: new DynamicSink(node, scope) }
    case 'stream-aggregate':
      return { stream: new StreamAggregate(node, scope, wiring.tableChildren(id)) }
    case 'windowed-aggregate':
      return { stream: listening(new WindowedAggregate(node, scope, wiring.tableChildren(id)), scope) }
    case 'sliding-aggregate':
      return { stream: listening(new SlidingAggregate(node, scope, wiring.tableChildren(id)), scope) }
    case 'session-aggregate':
      return { stream: listening(new SessionAggregate(node, scope, wiring.tableChildren(id)), scope) }
    case 'cogroup':
      return { table: wiring.tableChildren(id) }
    case 'suppress':
      return { table: listening(new Suppress(node, scope, wiring.tableChildren(id)), scope) }
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
    case 'table-transform-values':
      return { table: new TableTransformValues(node, scope, wiring.tableChildren(id)) }
    case 'to-stream':
      return { table: new ToStream(wiring.streamChildren(id)) }
  }
}
