import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { runInstallCommand } from './install-command.mjs'

const NODE_VERSION = '24.21.0'

/** The folder of a Node that runs TypeScript: that of the one at work, or else of the npm package `node`, installed once under .tools/. */
export function bringNode() {
  if (isNewEnough(process.versions.node)) return dirname(process.execPath)
  const tools = resolve('.tools')
  const folder = join(tools, `node-${NODE_VERSION}`)
  if (!existsSync(folder)) {
    console.error(`Node ${process.version} is too old to run TypeScript: installing Node ${NODE_VERSION} into .tools/ (once)`)
    mkdirSync(tools, { recursive: true })
    const partial = mkdtempSync(`${folder}.partial-`) // a folder with the final name is complete
    writeFileSync(join(partial, 'package.json'), '{ "private": true }\n')
    // The package puts its binary in place in an install script, which some users' npm settings forbid.
    const settings = ['--no-audit', '--no-fund', '--loglevel=error', '--ignore-scripts=false']
    runInstallCommand('npm', ['install', ...settings, `node@${NODE_VERSION}`], { cwd: partial })
    moveIntoPlace(partial, folder)
  }
  return join(folder, 'node_modules', 'node', 'bin')
}

function moveIntoPlace(partial, folder) {
  try {
    renameSync(partial, folder)
  } catch (error) {
    if (!existsSync(folder)) throw error // otherwise another process was faster
    rmSync(partial, { recursive: true, force: true })
  }
}

function isNewEnough(version) {
  const [major, minor] = version.split('.').map(Number)
  return major > 23 || (major === 22 && minor >= 22)
}
