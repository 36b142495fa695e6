import { createHash } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { runInstallCommand } from './install-command.mjs'

const PNPM_VERSION = '12.21.0'
/** Holds the hash of the lockfile that is installed. */
const MARK = 'node_modules/.installed-lockfile'

/** Installs the locked dependencies, once per lockfile. */
export function bringDependencies(nodeFolder) {
  const lockfile = createHash('sha256').update(readFileSync('pnpm-lock.yaml')).digest('hex')
  if (existsSync(MARK) && readFileSync(MARK, 'utf8') === lockfile) return
  const install = ['install', '--frozen-lockfile', '--reporter=append-only']
  runInstallCommand('npx', ['--yes', '--loglevel=error', `pnpm@${PNPM_VERSION}`, ...install], { nodeFolder })
  writeFileSync(MARK, lockfile)
}
