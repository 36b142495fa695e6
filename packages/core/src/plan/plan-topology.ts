import type { TopologyGraph } from './graph/index.ts'
import { lowerGraph } from './lower-graph.ts'
import { validName } from './names.ts'
import { mergedRepartitions } from './merged-repartitions.ts'
import { nullKeyOperators } from './null-keys.ts'
import { previousValues } from './previous-values.ts'
import { subtopologiesOf } from './subtopologies.ts'
import type { TopologyPlan } from './topology-plan.ts'

export interface PlanOptions {
  /** Application id: prefix of internal topics. Default: the topology's name. */
  readonly app?: string
  /** Whether stores cache whose operator does not say. Default true. */
  readonly caching?: boolean
  /**
   * True: fewer topics and stores for the same answers (Kafka Streams' `topology.optimization=all`). A table is restored from
   * its own topic instead of a changelog (the topic must be compacted); operators that need a stream by its new key share one
   * repartition topic; a stream that is joined with itself is kept once. It changes names of topics, so decide before there
   * is state. Default false.
   */
  readonly optimize?: boolean
}

/**
 * Plans a topology: gives internal topics and stores their names, puts repartition topics where keys changed, finds which
 * tables need stores and old values, and cuts it into sub-topologies. Pure: the same topology gives the same plan.
 *
 * @throws {MillraceError} TOPOLOGY_INVALID (names, retention), TOPOLOGY_NAME_CLASH (two stores or topics of one name)
 *
 * @example
 * ```ts
 * import { describeText, json, planTopology, string, topology } from '@millrace/core'
 *
 * const counts = topology('counts', (t) => {
 *   t.stream('clicks', { key: string(), value: json<{ page: string }>() })
 *     .groupBy((click) => click.page)
 *     .count({ as: 'clicks-per-page' })
 *     .to('page-counts')
 * })
 * console.log(describeText(planTopology(counts)))
 * ```
 */
export function planTopology(topology: TopologyGraph, options: PlanOptions = {}): TopologyPlan {
  const app = validName(options.app ?? topology.name, 'application id')
  const previous = previousValues(topology)
  const lowered = lowerGraph(topology, {
    app,
    caching: options.caching ?? true,
    declaredStores: topology.stores,
    materialized: previous.materialized,
    nullKeys: nullKeyOperators(topology),
    ...(options.optimize === true && { merged: mergedRepartitions(topology) }),
  })
  return {
    app,
    ...lowered,
    needsPrevious: previous.sends,
    subtopologies: subtopologiesOf(app, lowered.nodes, lowered.stores),
  }
}
