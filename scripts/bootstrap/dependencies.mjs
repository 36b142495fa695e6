import { createHash } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from './root.mjs'
import { runCommand } from './run-command.mjs'

const PNPM_VERSION = '12.21.0'

/** Installs the locked dependencies, once per lockfile. */
export function bringDependencies(env) {
  const lockfile = createHash('sha256')
    .update(readFileSync(join(root, 'pnpm-lock.yaml')))
    .digest('hex')
  const mark = join(root, 'node_modules', '.installed-lockfile')
  if (existsSync(mark) && readFileSync(mark, 'utf8') === lockfile) return
  runCommand(
    'npx',
    ['--yes', '--loglevel=error', `pnpm@${PNPM_VERSION}`, 'install', '--frozen-lockfile', '--reporter=append-only'],
    { env },
  )
  writeFileSync(mark, lockfile)
}
