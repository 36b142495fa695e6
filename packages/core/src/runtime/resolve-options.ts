import { join } from 'node:path'
import type { ConnectionOptions } from 'node:tls'
import { z } from 'zod'
import type { Connector } from '../connect/index.ts'
import { type Duration, parseDuration } from '../duration.ts'
import { MillraceError } from '../errors.ts'
import type { Log } from '../log/log.ts'
import { closestName } from './closest-name.ts'
import type { Logger } from './logger.ts'
import type { AppOptions, KafkaOptions, ResolvedOptions } from './options.ts'

const DURATION = z
  .custom<Duration>(isDuration, "expected a duration: milliseconds (10000) or a number with its unit ('10s')")
  .transform((duration) => parseDuration(duration, 'options'))

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
    client: z.custom<object>(isObject, 'expected a kafkajs Kafka object').optional(),
    clientId: z.string().optional(),
    ssl: z
      .union([z.boolean(), z.custom<ConnectionOptions>(isObject)], { error: 'expected true, false or TLS options' })
      .optional(),
    sasl: z
      .custom<NonNullable<KafkaOptions['sasl']>>(
        (value) => isObject(value) && 'mechanism' in value,
        "expected kafkajs' SASL options: { mechanism, username, password }",
      )
      .optional(),
    connectionTimeout: POSITIVE.optional(),
    requestTimeout: POSITIVE.optional(),
    retryTimeout: POSITIVE.optional(),
    maxBatchBytes: POSITIVE.optional(),
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
  optimize: z.boolean().optional(),
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
    optimize: base.optimize ?? false,
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

function isDuration(value: unknown): boolean {
  if (typeof value === 'number') return Number.isSafeInteger(value) && value >= 0
  return typeof value === 'string' && /^\d+(\.\d+)?(ms|s|m|h|d)$/.test(value)
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null
}

function isLog(value: unknown): boolean {
  return isObject(value) && 'openReader' in value && 'openWriter' in value && 'admin' in value
}

function isLogger(value: unknown): boolean {
  return (
    isObject(value) &&
    ['debug', 'info', 'warn', 'error'].every((level) => level in value && typeof value[level as keyof object] === 'function')
  )
}
