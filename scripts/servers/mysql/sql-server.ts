import { cp, mkdir } from 'node:fs/promises'
import { connect } from 'node:net'
import { join } from 'node:path'
import { userInfo } from 'node:os'
import { freePort, type Server, startServer } from '../process/index.ts'

const READY_TIMEOUT_MS = 60_000

/** A MySQL or MariaDB of our own on 127.0.0.1: user root without a password, row-based binlog with full images and metadata, GTIDs. */
export interface SqlServer extends Server {
  /** `mysql://root@127.0.0.1:port` */
  readonly url: string
}

export interface SqlServerOptions {
  /** Arguments that come after this module's own, such as `--binlog-format=STATEMENT`; a server takes the last of two. */
  readonly args?: readonly string[]
}

export interface SqlServerProgram extends SqlServerOptions {
  readonly name: string
  /** The program and what it needs to find its own files. */
  readonly command: readonly string[]
  /** An initialized data folder; each server starts with a copy of it. */
  readonly template: string
  /** Arguments of this kind of server only. */
  readonly ownArgs: readonly string[]
}

/**
 * Commits survive the death of the server's process but not of the machine: nothing is synced to disk.
 * The binlog's settings are those that the connector requires.
 */
const COMMON_ARGS: readonly string[] = [
  '--server-id=1',
  '--log-bin=binlog',
  '--binlog-format=ROW',
  '--binlog-row-image=FULL',
  '--binlog-row-metadata=FULL',
  '--sync-binlog=0',
  '--innodb-flush-log-at-trx-commit=2',
  '--innodb-buffer-pool-size=128M',
  '--character-set-server=utf8mb4',
  '--default-time-zone=+00:00',
  '--max-connections=500',
  '--bind-address=127.0.0.1',
]

export async function startSqlServer({ name, command, template, ownArgs, args = [] }: SqlServerProgram): Promise<SqlServer> {
  const port = await freePort()
  const server = await startServer({
    name,
    port,
    readyTimeoutMs: READY_TIMEOUT_MS,
    prepare: async (dataDir) => {
      await mkdir(join(dataDir, 'tmp'))
      await cp(template, join(dataDir, 'data'), { recursive: true })
    },
    command: (dataDir) => [
      ...command,
      ...runAsCurrentUser(),
      `--datadir=${join(dataDir, 'data')}`,
      // Its own: a server that starts deletes all temporary tables in its folder, which crashes others that share it.
      `--tmpdir=${join(dataDir, 'tmp')}`,
      `--socket=${join(dataDir, 'server.sock')}`,
      `--pid-file=${join(dataDir, 'server.pid')}`,
      `--port=${port}`,
      ...COMMON_ARGS,
      ...ownArgs,
      ...args,
    ],
    isReady: () => greets(port),
  })
  return Object.assign(server, { url: `mysql://root@127.0.0.1:${port}` })
}

/** Both servers refuse to run as root unless it is said in so many words. */
export function runAsCurrentUser(): readonly string[] {
  return [`--user=${userInfo().username}`]
}

/** True when a server sends its greeting, the first packet of MySQL's protocol, which it does only when it takes queries. */
function greets(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    const settle = (answer: boolean) => {
      socket.destroy()
      resolve(answer)
    }
    socket.once('data', () => settle(true))
    socket.once('error', () => settle(false))
    socket.once('end', () => settle(false))
    socket.setTimeout(2000, () => settle(false))
  })
}
