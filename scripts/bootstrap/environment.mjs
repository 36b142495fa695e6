/**
 * The environment for what this process starts. npm hands the running script's context down in npm_* variables:
 * pnpm and a nested npm must not take it for theirs. npm_config_*, the user's own settings, stay.
 */
export function childEnvironment() {
  const env = { ...process.env }
  for (const name of Object.keys(env)) if (/^npm_(package|lifecycle|command|execpath|node_execpath)/.test(name)) delete env[name]
  return env
}
