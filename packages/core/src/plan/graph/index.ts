/** A topology as the user wrote it, before it is planned: what the DSL makes. */
export type * from './graph-node.ts'
export type * from './join-graph-nodes.ts'
export { GraphBuilder, type NewNode, type TopologyGraph } from './topology-graph.ts'
export { historyOf } from './history.ts'
