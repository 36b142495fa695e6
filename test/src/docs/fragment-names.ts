import type { App, Topology, TopologyBuilder } from '@millrace/core'
// Options of its connector: `run(shop, { mysql: … })`.
import type {} from '@millrace/mysql-connector'

// What fragments of code in the documentation may use without declaring it.
declare global {
  /** The topology of the README. */
  const shop: Topology
  /** The shop at work: `createApp(shop, …)`, started. */
  const app: App
  /** What the function given to `topology` gets. */
  const t: TopologyBuilder
}
