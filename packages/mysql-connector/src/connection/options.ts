import { z } from 'zod'

/**
 * How to reach a MySQL or MariaDB server: a URL (`mysql://user:password@host:3306`, with `?ssl=true` for TLS), or its parts. A
 * database in the URL means nothing: tables and views are named with theirs.
 *
 * @example
 * ```ts
 * import type { MysqlOptions } from '@millrace/mysql-connector'
 *
 * export const byUrl: MysqlOptions = 'mysql://millrace:secret@localhost'
 * export const byParts: MysqlOptions = { host: 'db.example', user: 'millrace', password: 'secret', ssl: true }
 * export const twoServers: MysqlOptions = { source: 'mysql://reader@shop.example', sink: 'mysql://writer@reports.example' }
 * ```
 */
export type MysqlOptions = string | MysqlServerOptions | MysqlEndsOptions

/** Two servers: `mysqlTable` reads the one, `mysqlView` writes the other. */
export interface MysqlEndsOptions {
  readonly source: string | MysqlServerOptions
  readonly sink: string | MysqlServerOptions
}

export interface MysqlServerOptions {
  readonly host: string
  /** Default 3306. */
  readonly port?: number | undefined
  readonly user: string
  /** Default: none. */
  readonly password?: string | undefined
  /**
   * TLS. `true` checks the server's certificate against the system's authorities, and that it was issued for `host`.
   * Default `false`.
   */
  readonly ssl?: boolean | MysqlTlsOptions | undefined
}

export interface MysqlTlsOptions {
  /** Authorities to trust instead of the system's, PEM. */
  readonly ca?: string | undefined
  /** Client certificate and key, PEM. */
  readonly cert?: string | undefined
  readonly key?: string | undefined
  /** False accepts any certificate: the connection is then private, but may be to anybody. Default true. */
  readonly verify?: boolean | undefined
}

/** Options after parsing: what `connect` takes. */
export interface MysqlServer {
  readonly host: string
  readonly port: number
  readonly user: string
  readonly password: string | undefined
  readonly ssl: MysqlTlsOptions | undefined
}

/** What the connector works with: the same server twice, unless two were named. */
export interface MysqlEnds {
  readonly source: MysqlServer
  readonly sink: MysqlServer
}

const Tls = z.strictObject({
  ca: z.string().optional(),
  cert: z.string().optional(),
  key: z.string().optional(),
  verify: z.boolean().optional(),
})

const Server = z.strictObject({
  host: z.string().min(1),
  port: z.int().min(1).max(65535).default(3306),
  user: z.string().min(1),
  password: z.string().optional(),
  ssl: z.union([z.boolean(), Tls]).optional(),
})

const ServerOrUrl = z
  .preprocess((input, context) => (typeof input === 'string' ? parseUrl(input, context) : input), Server)
  .transform(
    (server): MysqlServer => ({
      host: server.host,
      port: server.port,
      user: server.user,
      password: server.password,
      ssl: server.ssl === true ? {} : server.ssl === false ? undefined : server.ssl,
    }),
  )

const Ends = z.strictObject({ source: ServerOrUrl, sink: ServerOrUrl })

/** Checks the value of the key `mysql`; an unknown key or a wrong type is named, its value is not shown. */
export const mysqlOptions: z.ZodType<MysqlEnds> = z.unknown().transform((input, context): MysqlEnds => {
  const twoServers = typeof input === 'object' && input !== null && ('source' in input || 'sink' in input)
  const result = twoServers ? Ends.safeParse(input) : ServerOrUrl.safeParse(input)
  if (!result.success) {
    for (const issue of result.error.issues) {
      if (issue.code !== 'unrecognized_keys') context.issues.push({ ...issue, input: undefined })
      else for (const key of issue.keys) context.issues.push(unknownKey([...issue.path, key], twoServers))
    }
    return z.NEVER
  }
  return 'source' in result.data ? result.data : { source: result.data, sink: result.data }
})

function unknownKey(path: readonly PropertyKey[], twoServers: boolean): z.core.$ZodRawIssue {
  const known = path.at(-2) === 'ssl' ? Tls : twoServers && path.length === 1 ? Ends : Server
  return {
    code: 'custom',
    path: [...path],
    message: `no option; known are ${Object.keys(known.shape).join(', ')}`,
    input: undefined,
  }
}

function parseUrl(text: string, context: z.core.$RefinementCtx): unknown {
  const expected = 'expected a URL like mysql://user:password@host:3306'
  // The text may hold a password: it never goes into the message.
  if (!URL.canParse(text)) {
    context.issues.push({ code: 'custom', message: `not a URL; ${expected}`, input: undefined })
    return z.NEVER
  }
  const url = new URL(text)
  if (!['mysql:', 'mariadb:'].includes(url.protocol)) {
    context.issues.push({ code: 'custom', message: `a URL of the kind ${url.protocol}; ${expected}`, input: undefined })
    return z.NEVER
  }
  const unknown = [...url.searchParams.keys()].find((name) => name !== 'ssl')
  if (unknown !== undefined) {
    context.issues.push({
      code: 'custom',
      message: `unknown parameter '${unknown}' in the URL; only ssl is known`,
      input: undefined,
    })
    return z.NEVER
  }
  return {
    host: decodeURIComponent(url.hostname).replace(/^\[|\]$/g, ''),
    ...(url.port === '' ? {} : { port: Number(url.port) }),
    user: decodeURIComponent(url.username) || 'root',
    ...(url.password === '' ? {} : { password: decodeURIComponent(url.password) }),
    ssl: ['true', '1', ''].includes(url.searchParams.get('ssl') ?? 'false'),
  }
}
