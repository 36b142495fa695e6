import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { kafkaLog } from '../../../packages/core/src/log/index.ts'
import { useKafka } from '@millrace/scripts/servers'
import { expectation } from './expectation.ts'
import type { PeerResult } from './meter.ts'
import { kafkaStreams, millrace, millraceEmbedded, type Peer, runPeer } from './peers.ts'
import { type Row, table } from './report.ts'
import { check, createTopic, dropTopics, loadClicks } from './topics.ts'
import { type Workload, WORKLOADS, workloadOf } from './workload.ts'

// pnpm bench [w1 w2 w2c w3 w3c] [--peers] [--embedded] [--reps 3] [--records 2000000] [--users 10000] [--cpu-prof DIR]
// Peers and workloads are interleaved: each once, then each again. A run counts only if its output is right.

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    embedded: { type: 'boolean', default: false },
    peers: { type: 'boolean', default: false },
    reps: { type: 'string', default: '3' },
    records: { type: 'string', default: '2000000' },
    users: { type: 'string', default: '10000' },
    'cpu-prof': { type: 'string' },
  },
})
const workloads = positionals.length === 0 ? WORKLOADS : positionals.map(workloadOf)
const peers = [millrace, ...(values.embedded ? [millraceEmbedded] : []), ...(values.peers ? [kafkaStreams()] : [])]
const records = Number(values.records)
const users = Number(values.users)

const kafka = await useKafka()
const bootstrap = kafka.brokers.join(',')
const log = kafkaLog({ brokers: [...kafka.brokers] })
const folder = await mkdtemp(join(tmpdir(), 'millrace-bench-'))
try {
  const input = `bench-in-${users}-${records}`
  console.log(`Loading ${records} records of ${users} users …`)
  await loadClicks(log, input, records, users)
  const rows: Row[] = []
  for (let rep = 1; rep <= Number(values.reps); rep++) {
    for (const workload of workloads) {
      for (const peer of peers) {
        const result = await measure(peer, workload, input, rep)
        if (typeof result === 'string') console.log(`${peer.name} ${workload} #${rep}: not counted: ${result}`)
        else {
          rows.push({ peer: peer.name, workload, result })
          console.log(
            `${peer.name} ${workload} #${rep}: ${result.rps} rec/s, ${result.cpuPerM} CPU s per M, warmed up ${result.cpuPerMSS}`,
          )
        }
      }
    }
  }
  console.log(`\n${table(rows).join('\n')}`)
  process.exitCode = rows.length === workloads.length * peers.length * Number(values.reps) ? 0 : 1
} finally {
  await log.close()
  await kafka.stop()
  await rm(folder, { recursive: true, force: true })
}

/** One run with a fresh out topic and state, then its verification. A string says why it does not count. */
async function measure(peer: Peer, workload: Workload, input: string, rep: number): Promise<PeerResult | string> {
  const app = `bench-${peer.name}-${workload}-${rep}-${process.pid}`
  const output = `${app}-out`
  await createTopic(log, output)
  const state = join(folder, app)
  const result = await runPeer(
    peer,
    {
      BOOTSTRAP: bootstrap,
      IN: input,
      OUT: output,
      APP_ID: app,
      STATE_DIR: state,
      WORKLOAD: workload,
      N: String(records),
      USERS: String(users),
    },
    values['cpu-prof'],
  )
  const wrong =
    typeof result === 'string' || peer === millraceEmbedded
      ? undefined
      : await check(log, output, expectation(workload, records, users))
  await dropTopics(log, [output])
  await rm(state, { recursive: true, force: true })
  return wrong ?? result
}
