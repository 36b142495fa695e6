import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { findProgram, runCommand } from '../process/index.ts'
import { ServerError } from '../server-error.ts'
import { canUnpackDebianPackages, notice, toolFolder, unpackDebianPackage, unpackedProgram } from '../tools/index.ts'
import { dataTemplate } from './data-template.ts'
import { runAsCurrentUser, type SqlServer, type SqlServerOptions, startSqlServer } from './sql-server.ts'

const OWN_ARGS = ['--mysqlx=OFF', '--gtid-mode=ON', '--enforce-gtid-consistency=ON', '--innodb-redo-log-capacity=32M']

/**
 * Starts a private MySQL: the one that is installed, or else Debian unstable's newest, unpacked under .tools/ at the first call.
 *
 * @throws ServerError SERVER_UNAVAILABLE where there is neither, SERVER_FETCH_FAILED, SERVER_START_FAILED
 */
export async function startMysql(options: SqlServerOptions = {}): Promise<SqlServer> {
  const command = await mysqlCommand()
  return await startSqlServer({
    name: 'MySQL',
    command,
    template: await dataTemplate('mysql', command, (data, tmp) => initialize(command, data, tmp)),
    ownArgs: OWN_ARGS,
    ...options,
  })
}

async function mysqlCommand(): Promise<readonly string[]> {
  const installed = findProgram('mysqld', ['/usr/sbin', '/opt/homebrew/bin'])
  if (installed !== null && !(await isMariadb(installed))) return [installed, '--no-defaults']

  if (!canUnpackDebianPackages())
    throw new ServerError(
      'SERVER_UNAVAILABLE',
      'MySQL is not installed here, and can be fetched on Debian-like Linux on x64 only. Install it (macOS: brew install mysql), or set MYSQL_URL to a server that you have; compose.yaml holds one.',
    )
  const folder = await toolFolder('mysql', async (partial) => {
    notice("Fetching MySQL from Debian's archive into .tools/ (60 MB, once)")
    await unpackDebianPackage({ name: 'mysql-server-core', suite: 'sid' }, partial)
  })
  return [
    ...unpackedProgram(folder, 'usr/sbin/mysqld'),
    '--no-defaults',
    `--basedir=${join(folder, 'usr')}`,
    `--lc-messages-dir=${join(folder, 'usr/share/mysql')}`,
    `--plugin-dir=${join(folder, 'usr/lib/mysql/plugin')}`,
    '--secure-file-priv=', // Debian's built-in folder does not exist here
  ]
}

/** Debian's MariaDB also installs itself under MySQL's name. */
async function isMariadb(program: string): Promise<boolean> {
  return (await runCommand(program, ['--version'])).includes('MariaDB')
}

async function initialize([file, ...args]: readonly string[], data: string, tmp: string): Promise<void> {
  await runCommand(file as string, [
    ...args,
    ...runAsCurrentUser(),
    '--initialize-insecure',
    '--innodb-redo-log-capacity=32M',
    `--datadir=${data}`,
    `--tmpdir=${tmp}`,
  ])
  await rm(join(data, 'auto.cnf'), { force: true }) // the server's identity: each copy makes its own
}
