import { readFile } from 'node:fs/promises'
import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { findProgram, runCommand } from '../process/index.ts'
import { ServerError } from '../server-error.ts'
import { canUnpackDebianPackages, notice, toolFolder, unpackDebianPackage, unpackedProgram } from '../tools/index.ts'
import { dataTemplate } from './data-template.ts'
import { runAsCurrentUser, type SqlServer, type SqlServerOptions, startSqlServer } from './sql-server.ts'

/** In the order in which mariadb-install-db runs them. */
const SYSTEM_TABLE_SCRIPTS = ['system_tables', 'performance_tables', 'system_tables_data']

/**
 * Starts a private MariaDB: the one that is installed, or else the distribution's package, unpacked under .tools/ at the first call.
 *
 * @throws ServerError SERVER_UNAVAILABLE where there is neither, SERVER_FETCH_FAILED, SERVER_START_FAILED
 */
export async function startMariadb(options: SqlServerOptions = {}): Promise<SqlServer> {
  const program = await mariadbProgram()
  return await startSqlServer({
    name: 'MariaDB',
    command: program.command,
    template: await dataTemplate('mariadb', program.command, (data, tmp) => initialize(program, data, tmp)),
    // With TLS the server makes itself a certificate at each start, which takes seconds.
    ownArgs: ['--skip-ssl', '--skip-name-resolve', '--gtid-strict-mode=ON', '--innodb-log-file-size=16M'],
    ...options,
  })
}

interface MariadbProgram {
  readonly command: readonly string[]
  /** The folder of the server's SQL scripts and messages. */
  readonly share: string
}

async function mariadbProgram(): Promise<MariadbProgram> {
  const installed = findProgram('mariadbd', ['/usr/sbin', '/usr/local/sbin', '/opt/homebrew/bin'])
  const share = installed && ['mysql', 'mariadb'].map((name) => join(dirname(installed), '../share', name)).find(hasSystemTables)
  if (installed && share) return { command: [installed, '--no-defaults'], share }

  if (!canUnpackDebianPackages())
    throw new ServerError(
      'SERVER_UNAVAILABLE',
      'MariaDB is not installed here, and can be fetched on Debian-like Linux on x64 only. Install it (macOS: brew install mariadb), or set MYSQL_URL to a server that you have; compose.yaml holds one.',
    )
  const folder = await toolFolder('mariadb', async (partial) => {
    notice("Fetching MariaDB from this distribution's archive into .tools/ (15 MB, once)")
    await unpackDebianPackage({ name: 'mariadb-server-core' }, partial)
  })
  const unpackedShare = join(folder, 'usr/share/mysql')
  const command = [...unpackedProgram(folder, 'usr/sbin/mariadbd'), '--no-defaults', `--lc-messages-dir=${unpackedShare}`]
  return { command, share: unpackedShare }
}

function hasSystemTables(share: string): boolean {
  return systemTableScript(share, 'system_tables') !== undefined
}

/** MariaDB 11 renamed its scripts. */
function systemTableScript(share: string, name: string): string | undefined {
  return [`mariadb_${name}.sql`, `mysql_${name}.sql`].map((file) => join(share, file)).find((file) => existsSync(file))
}

/** What mariadb-install-db does, which Debian's server package cannot run alone: it lacks my_print_defaults. */
async function initialize({ command, share }: MariadbProgram, data: string, tmp: string): Promise<void> {
  const scripts = SYSTEM_TABLE_SCRIPTS.map((name) => systemTableScript(share, name)).filter((file) => file !== undefined)
  const sql = await Promise.all(scripts.map((file) => readFile(file, 'utf8')))
  const folders = [`--datadir=${data}`, `--tmpdir=${tmp}`]
  const [file, ...args] = [...command, ...runAsCurrentUser(), '--bootstrap', ...folders, '--innodb-log-file-size=16M']
  await runCommand(file as string, args, {
    // A root without a password, on every local address; bootstrap reads one statement a line.
    input: ['create database mysql;', 'use mysql;', 'set @auth_root_socket = null;', ...sql, ''].join('\n'),
  })
}
