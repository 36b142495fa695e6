import { MillraceError } from '../errors.ts'
import type { ProcessNode } from '../plan/nodes/node.ts'
import type { TopologyPlan } from '../plan/topology-plan.ts'
import { fanOutTable } from './fan-out.ts'
import { type OperatorScope, operatorScope } from './operator-scope.ts'
import { OwnHeaders } from './own-headers.ts'
import { Process } from './process.ts'
import { Source } from './source.ts'
import type { SourceInput, TaskContext } from './task-context.ts'
import { toTable } from './to-table.ts'

/**
 * What keeps global tables and stores up to date: an input for each of their topics, which writes to the state of `context`.
 *
 * @throws {MillraceError} TOPOLOGY_INVALID when a processor that fills a global store schedules a punctuator
 */
export function compileGlobals(plan: TopologyPlan, context: TaskContext): ReadonlyMap<string, SourceInput> {
  const scope = operatorScope(plan, context)
  const inputs = plan.globals.map(({ store, source, supplier }) => {
    if (supplier === undefined) return new Source(source, scope, toTable(source, scope, fanOutTable([])))
    const { id } = source
    const node: ProcessNode = { kind: 'process', id, parents: [id], supplier, stores: [store] }
    const process = new Process(node, scope, [])
    if (isScheduled(scope)) throw hasNoTime(id)
    return new Source(source, scope, new OwnHeaders(process))
  })
  return new Map(inputs.map((input) => [input.topic, input]))
}

function isScheduled({ punctuation: { byStreamTime, byWallClock } }: OperatorScope): boolean {
  return Math.min(byStreamTime.nextDue, byWallClock.nextDue) < Number.POSITIVE_INFINITY
}

function hasNoTime(operator: string): MillraceError {
  return new MillraceError(
    'TOPOLOGY_INVALID',
    `The processor of global store "${operator}" schedules a punctuator, but it belongs to no task, so it has no time. Schedule it in a processor of a stream`,
    { location: { operator } },
  )
}
