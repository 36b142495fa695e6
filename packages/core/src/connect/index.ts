/**
 * Connectors: the port that a system at the edge of a topology implements (connector.ts), and what runs their tasks inside a
 * worker. Source tasks append to topics, sink tasks are fed from them; neither sees operators or state.
 */
export type * from './connector.ts'
export { SinkHost } from './sink-host.ts'
export { SourceHost } from './source-host.ts'
export { ConnectorFailure } from './connector-failure.ts'
export { FirstContact } from './first-contact.ts'
export { Backoff, sleep } from './backoff.ts'
