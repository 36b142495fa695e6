import type { TopologyPlan } from '../plan/topology-plan.ts'
import { AsyncWork } from './async-work.ts'
import { CurrentRecord } from './current-record.ts'
import { fanOutTable } from './fan-out.ts'
import type { OperatorScope } from './operator-scope.ts'
import { PunctuationQueue } from './punctuation.ts'
import { Source } from './source.ts'
import type { SourceInput, TaskContext } from './task-context.ts'
import { toTable } from './to-table.ts'

/** What keeps the global tables up to date: an input for each of their topics, which writes to the state of `context`. */
export function compileGlobals(plan: TopologyPlan, context: TaskContext): ReadonlyMap<string, SourceInput> {
  const record = new CurrentRecord()
  const scope: OperatorScope = {
    plan,
    task: context,
    record,
    punctuation: { byStreamTime: new PunctuationQueue(), byWallClock: new PunctuationQueue() },
    async: new AsyncWork(record, context),
    onClose: [],
  }
  return new Map(
    plan.globals.map(({ source }) => [source.topic, new Source(source, scope, toTable(source, scope, fanOutTable([])))]),
  )
}
