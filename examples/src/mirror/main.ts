import { run } from '@millrace/core'
import { appId, mirrorOptions } from './options.ts'
import { prepareTarget } from './target-table.ts'
import { mirror } from './topology.ts'

// Any MySQL table → topic → MySQL table: the producer and the consumer that people write first.
//
//   SOURCE_URL=mysql://… SINK_URL=mysql://… TABLES=shop.orders=reports.orders,shop.payments pnpm example mirror
//
//   TABLES         db.table[=db.target],…  A target that exists is used as it is; otherwise it is made like its source.
//   LOG            embedded (default) or kafka, then with KAFKA_BROKERS=host:port,…
//   PARTITIONS     of each topic, default 4; REPLICAS, default the broker's
//   STATE_DIR      default .millrace/mirror; start again with the same one to go on
//   APP_ID         name of its topics and offsets; default: one for each pair of servers
//
// Runs until SIGTERM or Ctrl-C.

try {
  const options = mirrorOptions(process.env)
  const tables = []
  for (const table of options.TABLES) {
    tables.push({ ...table, key: await prepareTarget(table, options.SOURCE_URL, options.SINK_URL) })
  }
  await run(mirror(tables), {
    ...(options.LOG === 'kafka' ? { kafka: { brokers: options.KAFKA_BROKERS?.split(',') ?? [] } } : { log: 'embedded' }),
    mysql: { source: options.SOURCE_URL, sink: options.SINK_URL },
    appId: appId(options),
    stateDir: options.STATE_DIR,
    partitions: options.PARTITIONS,
    ...(options.REPLICAS === undefined ? {} : { replicas: options.REPLICAS }),
  })
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = 1
}
