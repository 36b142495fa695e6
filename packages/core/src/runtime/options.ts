import type { ConnectorOptions } from '../connect/index.ts'
import type { Duration } from '../duration.ts'
import type { EmbeddedLogOptions } from '../log/embedded/index.ts'
import type { KafkaLogOptions } from '../log/kafka/index.ts'
import type { Log } from '../log/log.ts'
import type { Logger } from './logger.ts'

/** When is a record done with: exactly once, or at least once (fewer requests, duplicates after a crash). */
export type Guarantee = 'exactly-once' | 'at-least-once'

/** Connection to Kafka. `clientId` is the application id by default. */
export type KafkaOptions = Omit<KafkaLogOptions, 'logger'>

/** The log in this process; by default in the folder `log` of the state folder. */
export type EmbeddedOptions = Partial<EmbeddedLogOptions>

/** Settings of an app that do not depend on its connectors. */
export interface BaseOptions {
  /** `'embedded'` (no broker), or a log that was opened already, which the app then does not close. */
  readonly log?: 'embedded' | { readonly embedded: EmbeddedOptions } | Log
  /** Kafka as the log. Either this or `log`. */
  readonly kafka?: KafkaOptions
  /** Consumer group, and prefix of internal topics and transactional ids. Default: the topology's name. */
  readonly appId?: string
  /** Static group membership (KIP-345): a process that comes back under this name within the session timeout causes no rebalance. */
  readonly instanceId?: string
  /** Folder for state, one process each. Default `.millrace/<app>`. */
  readonly stateDir?: string
  /** Default `exactly-once`. */
  readonly guarantee?: Guarantee
  /** Default 100 ms under exactly-once, 30 s under at-least-once. */
  readonly commitInterval?: Duration
  /** Bound of the stores' caches, all tasks of the process together, bytes. Default 64 MiB. A full cache forces a commit. */
  readonly cacheMaxBytes?: number
  /**
   * How long a task with several inputs waits for an empty one, so that records are taken in order of time: -1 not at all; 0
   * (the default) only for what the log is known to hold; else that long for what may yet be written (KIP-353, KIP-695).
   */
  readonly maxTaskIdle?: Duration
  /** Partitions of topics that Millrace creates and nothing else determines. Default 4. */
  readonly partitions?: number
  /**
   * True: fewer topics and stores for the same answers: tables are restored from their own topics (which must be compacted),
   * operators share repartition topics, a stream that is joined with itself is kept once. Default false. Decide before there
   * is state: it changes which topics there are.
   */
  readonly optimize?: boolean
  /** Replicas of topics that Millrace creates. Default: the broker's. */
  readonly replicas?: number
  /** A process that says nothing for so long is taken for dead. Default 45 s. */
  readonly sessionTimeout?: Duration
  /** What to do when retention took records that were not processed yet. Default `fail`. */
  readonly outOfRange?: 'fail' | 'earliest' | 'latest'
  /**
   * What happens when a function of the topology throws: `stop` (the default) the app, before the record; or `continue` without
   * the record, which is counted as dropped (KIP-1033).
   */
  readonly onProcessingError?: 'stop' | 'continue'
  /** Where log lines go. Default: JSON lines on stderr; false: nowhere. */
  readonly logger?: Logger | false
}

/** Options of `run` and `createApp`: besides the settings, one key for each connector that the topology uses. */
export type AppOptions = BaseOptions & Partial<ConnectorOptions>

/** Options with every default filled in. Durations are ms. */
export interface ResolvedOptions {
  readonly app: string
  readonly log: 'embedded' | 'kafka' | Log
  readonly embedded: EmbeddedOptions
  readonly kafka: KafkaOptions
  readonly instanceId: string | undefined
  readonly stateDir: string
  readonly guarantee: Guarantee
  readonly commitInterval: number
  readonly cacheMaxBytes: number
  readonly maxTaskIdle: number
  readonly partitions: number
  readonly optimize: boolean
  readonly replicas: number | undefined
  readonly sessionTimeout: number
  readonly outOfRange: 'fail' | 'earliest' | 'latest'
  readonly onProcessingError: 'stop' | 'continue'
  readonly logger: Logger | false | undefined
  /** By connector name, as `connector.options` parsed them. */
  readonly connectors: ReadonlyMap<string, unknown>
}
