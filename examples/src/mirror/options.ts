import { createHash } from 'node:crypto'
import { z } from 'zod'

/** One table and where it goes, both as `database.table`. */
export interface MirroredTable {
  readonly source: string
  readonly target: string
}

const NAME = /^[^.]+\.[^.]+$/

const Tables = z.string().transform((text, context): readonly MirroredTable[] =>
  text
    .split(',')
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '')
    .map((entry) => {
      const [source = '', target = source, ...rest] = entry.split('=').map((name) => name.trim())
      if (!NAME.test(source) || !NAME.test(target) || rest.length > 0) {
        context.addIssue(`'${entry}' is not understood: database.table, or database.table=database.table`)
      }
      return { source, target }
    }),
)

function serverUrl(purpose: string): z.ZodURL {
  return z.url({ protocol: /^(mysql|mariadb)$/, error: `expected the server to ${purpose}: mysql://user:password@host:3306` })
}

const Environment = z.object({
  SOURCE_URL: serverUrl('read'),
  SINK_URL: serverUrl('write'),
  TABLES: z.string({ error: 'missing: db.table[=db.target],…' }).pipe(Tables),
  LOG: z.enum(['embedded', 'kafka']).default('embedded'),
  KAFKA_BROKERS: z.string().optional(),
  PARTITIONS: z.coerce.number().int().positive().default(4),
  REPLICAS: z.coerce.number().int().positive().optional(),
  APP_ID: z.string().optional(),
  STATE_DIR: z.string().default('.millrace/mirror'),
})

/** What the environment says; see main.ts. */
export type MirrorOptions = z.output<typeof Environment>

/** @throws Error that names each variable that is missing or not understood */
export function mirrorOptions(environment: Readonly<Record<string, string | undefined>>): MirrorOptions {
  const result = Environment.safeParse(environment)
  const problems = result.error?.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`) ?? []
  if (result.data?.LOG === 'kafka' && !result.data.KAFKA_BROKERS)
    problems.push('KAFKA_BROKERS: missing: host:port,… (LOG is kafka)')
  if (result.data?.TABLES.length === 0) problems.push('TABLES: no table is named')
  if (result.success && problems.length === 0) return result.data
  throw new Error(`The mirror is set up by the environment, and something is wrong there:\n  ${problems.join('\n  ')}`)
}

/** Under which name the mirror keeps its topics and offsets: one for each pair of servers, unless the environment gives one. */
export function appId(options: MirrorOptions): string {
  const servers = [options.SOURCE_URL, options.SINK_URL].map((url) => new URL(url).host).join(' ')
  return options.APP_ID ?? `mirror-${createHash('sha256').update(servers).digest('hex').slice(0, 8)}`
}
