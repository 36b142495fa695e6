// Runs one of the repository's jobs on a bare checkout that has Node and npm only. Plain JavaScript, since the Node may be an old one:
// it brings a Node that runs TypeScript and the locked dependencies, each once, and hands over to the job.
import { spawn } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import { constants } from 'node:os'
import { delimiter, join } from 'node:path'
import { bringDependencies } from './bootstrap/dependencies.mjs'
import { childEnvironment } from './bootstrap/environment.mjs'
import { bringNode } from './bootstrap/node.mjs'
import { root } from './bootstrap/root.mjs'

const [job, ...args] = process.argv.slice(2)
const command = jobCommand(job, args)
if (command === null) {
  console.error(`There is no job \`${process.argv.slice(2).join(' ')}\`.`)
  console.error(`Jobs: setup, demo, example NAME, test, check, format, bench, conformance. Examples: ${examples().join(', ')}.`)
  process.exit(2)
}

const env = childEnvironment()
env.PATH = [join(root, 'node_modules', '.bin'), bringNode(env), env.PATH].join(delimiter)
bringDependencies(env)
if (command.length > 0) runJob(command)

/** The job's TypeScript program and its arguments; empty for a job that is done when everything is brought; null for no job. */
function jobCommand(job, args) {
  switch (job) {
    case 'setup':
      return []
    case 'demo':
      return ['examples/src/demo/main.ts', ...args]
    case 'example':
      return examples().includes(args[0]) ? [`examples/src/${args[0]}/main.ts`, ...args.slice(1)] : null
    case 'bench':
    case 'conformance':
      return [`test/src/${job}/main.ts`, ...args]
    case 'test':
    case 'check':
    case 'format':
      return [`scripts/jobs/${job}.ts`, ...args]
    default:
      return null
  }
}

/** The names of the examples that run by themselves. */
function examples() {
  const folder = join(root, 'examples', 'src')
  return readdirSync(folder).filter((name) => existsSync(join(folder, name, 'main.ts')))
}

/** The job takes this process's place: its output, its signals, its ending. */
function runJob(command) {
  const child = spawn('node', ['--conditions=@millrace/source', ...command], { cwd: root, env, stdio: 'inherit' })
  // A terminal sends Ctrl-C to this process and the job alike: passing it on too would look like a second Ctrl-C.
  process.on('SIGINT', () => process.stdin.isTTY || child.kill('SIGINT'))
  process.on('SIGTERM', () => child.kill('SIGTERM'))
  process.on('SIGHUP', () => child.kill('SIGHUP'))
  child.on('error', (error) => {
    console.error(`Cannot run node: ${error.message}`)
    process.exit(1)
  })
  child.on('exit', (code, signal) => process.exit(signal === null ? code : 128 + constants.signals[signal]))
}
