import type { Log } from '../log/log.ts'
import type { TopologyPlan } from '../plan/index.ts'
import type { ChangeFeed } from '../query/index.ts'
import type { Logger } from './logger.ts'
import type { ResolvedOptions } from './options.ts'
import type { StateFolder } from './state-folder.ts'

/** What an app is, and what it has open while it runs. */
export interface OpenApp {
  readonly plan: TopologyPlan
  readonly settings: ResolvedOptions
  readonly log: Log
  readonly logger: Logger
  readonly folder: StateFolder
  /** Partition counts of all topics of the plan. */
  readonly partitions: ReadonlyMap<string, number>
  /** By store: where live queries hear of committed changes. */
  readonly feeds: ReadonlyMap<string, ChangeFeed>
}
