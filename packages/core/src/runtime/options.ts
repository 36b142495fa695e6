import { join } from 'node:path'
import { z } from 'zod'
import type { Connector, ConnectorOptions } from '../connect/index.ts'
import { type Duration, parseDuration } from '../duration.ts'
import { MillraceError } from '../errors.ts'
import type { EmbeddedLogOptions } from '../log/embedded/index.ts'
import type { Log } from '../log/log.ts'
import { closestName } from './closest-name.ts'
import type { Logger } from './logger.ts'

/** When is a record done with: exactly once, or at least once (fewer requests, duplicates after a crash). */
export type Guarantee = 'exactly-once' | 'at-least-once'

/** Connection to Kafka; see `kafkaLog()`. */
export interface KafkaOptions {
  /** `host:port` of some brokers; the others are found through them. */
  readonly brokers?: readonly string[]
  /** Instead of `brokers`: a kafkajs `Kafka` object that the app shares (its TLS, SASL and timeouts are used). */
  readonly client?: object
  /** Default: the application id. */
  readonly clientId?: string
  /** True, or Node's TLS options. */
  readonly ssl?: boolean | object
  /** As kafkajs takes it: `{ mechanism: 'scram-sha-512', username, password }`. */
  readonly sasl?: object
  /** ms. Default 10 000. */
  readonly connectionTimeout?: number
  /** ms. Default 30 000. */
  readonly requestTimeout?: number
}

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
  readonly maxTaskIdle?: Duration | -1
  /** Partitions of topics that Millrace creates and nothing else determines. Default 4. */
  readonly partitions?: number
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
  readonly replicas: number | undefined
  readonly sessionTimeout: number
  readonly outOfRange: 'fail' | 'earliest' | 'latest'
  readonly onProcessingError: 'stop' | 'continue'
  readonly logger: Logger | false | undefined
  /** By connector name, as `connector.options` parsed them. */
  readonly connectors: ReadonlyMap<string, unknown>
}

const DURATION = z
  .union([z.number().int().min(0), z.string().regex(/^\d+(\.\d+)?(ms|s|m|h|d)$/)], {
    error: "expected a duration: milliseconds (10000) or a number with its unit ('10s')",
  })
  .transform((duration) => parseDuration(duration as Duration, 'options'))

const POSITIVE = z.number().int().positive()
const NAME = z.string().regex(/^[a-zA-Z0-9._-]+$/, 'expected letters, digits, ".", "_" and "-" only')

const EMBEDDED = z.strictObject({
  location: z.string().min(1).optional(),
  durability: z.enum(['commit', 'os']).optional(),
  retentionCheckMs: POSITIVE.optional(),
})

const KAFKA = z
  .strictObject({
    brokers: z
      .array(z.string().regex(/^.+:\d+$/, 'expected "host:port"'))
      .min(1)
      .optional(),
    client: z
      .custom<object>((value) => typeof value === 'object' && value !== null, 'expected a kafkajs Kafka object')
      .optional(),
    clientId: z.string().optional(),
    ssl: z.union([z.boolean(), z.looseObject({})], { error: 'expected true, false or TLS options' }).optional(),
    sasl: z.looseObject({ mechanism: z.string() }).optional(),
    connectionTimeout: POSITIVE.optional(),
    requestTimeout: POSITIVE.optional(),
  })
  .refine(({ brokers, client }) => (brokers === undefined) !== (client === undefined), 'expected either "brokers" or "client"')

const BASE = {
  log: z
    .union([z.literal('embedded'), z.custom<Log>(isLog), z.strictObject({ embedded: EMBEDDED })], {
      error: "expected 'embedded', { embedded: {…} } or an open Log",
    })
    .optional(),
  kafka: KAFKA.optional(),
  appId: NAME.optional(),
  instanceId: NAME.optional(),
  stateDir: z.string().min(1).optional(),
  guarantee: z.enum(['exactly-once', 'at-least-once']).optional(),
  commitInterval: DURATION.optional(),
  cacheMaxBytes: z.number().int().min(0).optional(),
  maxTaskIdle: z.union([z.literal(-1), DURATION], { error: 'expected -1 or a duration' }).optional(),
  partitions: POSITIVE.optional(),
  replicas: POSITIVE.optional(),
  sessionTimeout: DURATION.optional(),
  outOfRange: z.enum(['fail', 'earliest', 'latest']).optional(),
  onProcessingError: z.enum(['stop', 'continue']).optional(),
  logger: z
    .union([z.literal(false), z.custom<Logger>(isLogger)], { error: 'expected false or a logger (debug, info, warn, error)' })
    .optional(),
}

/**
 * Checks options and fills in defaults.
 *
 * @param connectors those that the topology uses: each must have its options under its name
 * @throws {MillraceError} CONFIG_INVALID: which key, what was expected
 */
export function resolveOptions(name: string, options: AppOptions, connectors: readonly Connector[]): ResolvedOptions {
  const byName = new Map(connectors.map((connector) => [connector.name, connector]))
  const schema = z
    .strictObject({ ...BASE, ...Object.fromEntries([...byName].map(([key, connector]) => [key, connector.options])) })
    .refine(({ log, kafka }) => (log === undefined) !== (kafka === undefined), {
      error: "say where the log is: either { log: 'embedded' } or { kafka: { brokers: ['host:9092'] } }",
    })
  const parsed = schema.safeParse(options)
  if (!parsed.success) throw invalid(name, parsed.error, schema, [...byName.keys()])
  const base = z.object(BASE).parse(options)
  const app = base.appId ?? name
  const guarantee = base.guarantee ?? 'exactly-once'
  const { log } = base
  const embedded = typeof log === 'object' && 'embedded' in log ? log.embedded : {}
  return {
    app,
    log: log === undefined ? 'kafka' : log === 'embedded' || 'embedded' in log ? 'embedded' : log,
    embedded: pruned(embedded),
    kafka: pruned(base.kafka ?? {}),
    instanceId: base.instanceId,
    stateDir: base.stateDir ?? join('.millrace', app),
    guarantee,
    commitInterval: base.commitInterval ?? (guarantee === 'exactly-once' ? 100 : 30_000),
    cacheMaxBytes: base.cacheMaxBytes ?? 64 * 1024 * 1024,
    maxTaskIdle: base.maxTaskIdle ?? 0,
    partitions: base.partitions ?? 4,
    replicas: base.replicas,
    sessionTimeout: base.sessionTimeout ?? 45_000,
    outOfRange: base.outOfRange ?? 'fail',
    onProcessingError: base.onProcessingError ?? 'stop',
    logger: base.logger,
    connectors: new Map(Object.entries(parsed.data).filter(([key]) => byName.has(key))),
  }
}

function invalid(name: string, error: z.ZodError, schema: z.ZodType, connectors: readonly string[]): MillraceError {
  const problems = error.issues.flatMap((issue) => {
    if (issue.code === 'unrecognized_keys') return issue.keys.map((key) => unknownKey([...issue.path, key], schema))
    const [first] = issue.path
    if (first === undefined) return [issue.message]
    const missing = connectors.includes(String(first)) && issue.path.length === 1 && issue.message.endsWith('received undefined')
    if (missing) return [`"${String(first)}" is missing: the topology uses this connector, so it needs its options`]
    return [`"${issue.path.join('.')}": ${issue.message}`]
  })
  return new MillraceError('CONFIG_INVALID', `The options of app "${name}" are not valid. ${problems.join('; ')}.`)
}

function unknownKey(path: readonly PropertyKey[], schema: z.ZodType): string {
  const known = keysAt(schema, path.slice(0, -1))
  const key = String(path.at(-1))
  const meant = closestName(key, known)
  const hint = meant === undefined ? `known are ${known.join(', ')}` : `did you mean "${meant}"?`
  return `"${path.join('.')}" is no option (${hint})`
}

function keysAt(schema: z.ZodType, path: readonly PropertyKey[]): readonly string[] {
  let at: unknown = schema
  for (const step of path)
    at = unwrapped(at) instanceof z.ZodObject ? (unwrapped(at) as z.ZodObject).shape[String(step)] : undefined
  const found = unwrapped(at)
  return found instanceof z.ZodObject ? Object.keys(found.shape) : []
}

function unwrapped(schema: unknown): unknown {
  return schema instanceof z.ZodOptional ? schema.unwrap() : schema
}

/** Without the keys whose value is undefined. */
function pruned<T extends object>(value: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  const entries = Object.entries(value).filter(([, item]) => item !== undefined)
  return Object.fromEntries(entries) as { [K in keyof T]: Exclude<T[K], undefined> }
}

function isLog(value: unknown): boolean {
  return typeof value === 'object' && value !== null && 'openReader' in value && 'openWriter' in value && 'admin' in value
}

function isLogger(value: unknown): boolean {
  return (
    typeof value === 'object' &&
    value !== null &&
    ['debug', 'info', 'warn', 'error'].every((level) => level in value && typeof value[level as keyof object] === 'function')
  )
}
