import { spawn, spawnSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { join } from 'node:path'
import type { PeerResult } from './meter.ts'

/** A program that obeys the contract: environment in, one RESULT line out. */
export interface Peer {
  readonly name: string
  readonly command: readonly string[]
}

/** What a peer is told. */
export interface PeerEnvironment {
  readonly BOOTSTRAP: string
  readonly IN: string
  readonly OUT: string
  readonly APP_ID: string
  readonly STATE_DIR: string
  readonly WORKLOAD: string
  readonly N: string
  readonly USERS: string
}

const REPOSITORY = fileURLToPath(new URL('../../..', import.meta.url))

export const millrace: Peer = ours('millrace', './peer.ts')

/** Loads and verifies by itself: nobody else can open its log. */
export const millraceEmbedded: Peer = ours('millrace-embedded', './embedded-peer.ts')

function ours(name: string, program: string): Peer {
  return {
    name,
    command: [process.execPath, '--conditions=@millrace/source', fileURLToPath(new URL(program, import.meta.url))],
  }
}

/**
 * Kafka Streams 4.3 as a peer, built once. Its program is not part of this repository: PEERS_DIR names the folder that has it
 * (default: `shared/peers` beside the repository).
 * @throws Error that says what is missing
 */
export function kafkaStreams(): Peer {
  const source = join(process.env['PEERS_DIR'] ?? join(REPOSITORY, '..', 'shared', 'peers'), 'java')
  if (!existsSync(join(source, 'pom.xml')))
    throw new Error(`--peers needs the Kafka Streams program; there is none in ${source}. Set PEERS_DIR.`)
  const build = join(REPOSITORY, '.tools', 'bench-kafka-streams')
  const jar = join(build, 'target', 'peers.jar')
  if (!existsSync(jar)) {
    mkdirSync(build, { recursive: true })
    cpSync(source, build, { recursive: true })
    const made = spawnSync('mvn', ['-q', 'package'], { cwd: build, stdio: ['ignore', 'inherit', 'inherit'] })
    if (made.status !== 0)
      throw new Error(`Maven could not build the Kafka Streams program in ${build}. It needs Java 17 and Maven.`)
  }
  const classpath = `${jar}:${join(build, 'target', 'lib', '*')}`
  return {
    name: 'kafka-streams',
    command: ['java', '-Xmx1g', '-Dorg.slf4j.simpleLogger.defaultLogLevel=error', '-cp', classpath, 'bench.StreamsPeer'],
  }
}

/** Runs a peer to its end. A string says why there is no result. */
export async function runPeer(
  peer: Peer,
  environment: PeerEnvironment,
  profileDir: string | undefined,
): Promise<PeerResult | string> {
  const [program = '', ...args] = peer.command
  const profile = profileDir !== undefined && program === process.execPath ? ['--cpu-prof', `--cpu-prof-dir=${profileDir}`] : []
  const child = spawn(program, [...profile, ...args], {
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text
    })
  }
  const code = await new Promise<number | null>((resolve, reject) => child.once('error', reject).once('close', resolve))
  const line = /^RESULT (.*)$/m.exec(output)?.[1]
  const notes = output.split('\n').filter((text) => text.includes(' on disk, '))
  for (const note of notes) console.log(note)
  return line === undefined || code !== 0 ? `exit code ${code}: ${output.slice(-1500)}` : (JSON.parse(line) as PeerResult)
}
