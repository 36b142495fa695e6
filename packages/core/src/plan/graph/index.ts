/** A topology as the user wrote it, before it is planned: what the DSL makes. */
export type * from './graph-node.ts'
export { GraphBuilder, type NewNode, type TopologyGraph } from './topology-graph.ts'
