import { spawnSync } from 'node:child_process'
import { delimiter } from 'node:path'

/** Runs npm or npx to its end, what it says shown on stderr; when it fails, so does this process. */
export function runInstallCommand(file, args, { cwd = '.', nodeFolder } = {}) {
  const path = [nodeFolder, process.env.PATH].filter((folder) => folder !== undefined).join(delimiter)
  const { error, status } = spawnSync(file, args, {
    cwd,
    env: { ...withoutScriptContext(process.env), PATH: path },
    stdio: ['ignore', process.stderr, process.stderr],
  })
  if (error === undefined && status === 0) return
  console.error(`\`${file} ${args.join(' ')}\` failed: ${error === undefined ? `exit code ${status}` : error.message}`)
  process.exit(1)
}

/** npm tells a script about itself in npm_* variables, which a nested npm or pnpm must not take for its own; npm_config_* are the user's. */
function withoutScriptContext(env) {
  return Object.fromEntries(
    Object.entries(env).filter(([name]) => !/^npm_(package|lifecycle|command|execpath|node_execpath)/.test(name)),
  )
}
