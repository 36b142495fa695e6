import { spawnSync } from 'node:child_process'
import { root } from './root.mjs'

/** Runs a program to its end, its output shown on stderr; when it fails, so does this process. */
export function runCommand(file, args, { env, cwd = root }) {
  const onWindows = process.platform === 'win32' // npm and npx are .cmd files there, which only a shell starts
  const { error, status } = spawnSync(file, args, {
    cwd,
    env,
    stdio: ['ignore', process.stderr, process.stderr],
    shell: onWindows,
  })
  if (error === undefined && status === 0) return
  console.error(`\`${file} ${args.join(' ')}\` failed: ${error === undefined ? `exit code ${status}` : error.message}`)
  process.exit(1)
}
