import { createApp, type MetricsSnapshot } from '@millrace/core'
import { shop } from '../revenue/topology.ts'
import { logOptions } from '../revenue/log-options.ts'
import type { AppFigures, AppMessage, AppRequest } from './app-messages.ts'

// The revenue example in a process of its own, as the demo runs it: the same topology, told what to do by messages.

const app = createApp(shop, {
  ...logOptions(process.env),
  mysql: process.env['MYSQL_URL'] ?? '',
  // The demo's screen says what happens.
  logger: false,
  stateDir: process.env['STATE_DIR'] ?? '.millrace/shop',
  ...(process.env['APP_ID'] === undefined ? {} : { appId: process.env['APP_ID'] }),
})

app.state$.subscribe((state) => tell({ type: 'state', state: state.status }))
app.metrics$.subscribe((metrics) => tell({ type: 'figures', figures: figuresOf(metrics) }))

process.on('message', (request: AppRequest) => {
  void (request === 'stop' ? stop() : catchUp())
})
// The demo itself is told to stop: it stops this process when it is done.
process.on('SIGINT', () => undefined)
process.on('disconnect', () => process.exit(process.exitCode ?? 1))

const started = app.start()
started.catch(fail)
app.stopped.catch(fail)

async function catchUp(): Promise<void> {
  await started
  await app.caughtUp()
  tell({ type: 'caught-up' })
}

async function stop(): Promise<void> {
  await app.stop()
  process.exit(0)
}

function fail(error: unknown): void {
  const message: AppMessage = { type: 'failed', message: error instanceof Error ? error.message : String(error) }
  process.exitCode = 1
  // Ending before it is sent would lose it.
  process.send?.(message, () => process.disconnect?.())
}

function figuresOf(metrics: MetricsSnapshot): AppFigures {
  return {
    recordsIn: metrics.sum('source-records-total'),
    rowsOut: metrics.sum('sink-records-total'),
    lag: metrics.sum('records-lag'),
  }
}

function tell(message: AppMessage): void {
  if (process.connected) process.send?.(message)
}
