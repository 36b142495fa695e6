import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Connection, createConnection } from 'mysql2/promise'
import { seededRandom } from '../shop/random.ts'
import { createShop } from '../shop/schema.ts'
import { compareViews, isExact } from '../shop/verify.ts'
import { noActivity, type ShopActivity, writeTransaction } from '../shop/writer.ts'
import { AppProcess } from './app-process.ts'
import { type DemoOptions, demoOptions, USAGE } from './options.ts'
import { Screen } from './screen.ts'
import { type DemoServers, startServers } from './servers.ts'
import { verdict } from './verdict.ts'
import { readViews, type ViewRows } from './views.ts'

/** How often the view is drawn, ms. */
const FRAME_MS = 250

let options: DemoOptions
try {
  options = demoOptions(process.argv.slice(2))
} catch (error) {
  console.error(`${error instanceof Error ? error.message : String(error)}\n\n${USAGE}`)
  process.exit(2)
}

const interrupted = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => interrupted.abort())

console.log(`Starting ${options.kafka ? 'a database and a broker' : 'a database'} (the first time they are fetched) …`)
const servers = await startServers(options.kafka)
const stateDir = await mkdtemp(join(tmpdir(), 'millrace-demo-'))
try {
  process.exitCode = (await demo(servers, options, stateDir)) ? 0 : 1
} finally {
  await servers.stop()
  await rm(stateDir, { recursive: true, force: true })
}

/** Opens the shop, watches, closes it, and judges. */
async function demo(servers: DemoServers, options: DemoOptions, stateDir: string): Promise<boolean> {
  const connection = await connect(servers.mysqlUrl)
  const reader = await connect(servers.mysqlUrl)
  await connection.query('DROP DATABASE IF EXISTS shop')
  await createShop(connection)

  const app = new AppProcess({ ...servers.environment, MYSQL_URL: servers.mysqlUrl, STATE_DIR: stateDir })
  const screen = new Screen(process.stdout)
  const activity = noActivity()
  const started = performance.now()
  let views: ViewRows = { revenue: [], orders: [] }
  let phase = 'The shop is open.'
  let kills = 0

  const show = (last = false) =>
    screen.show(
      {
        log: servers.logName,
        server: servers.serverName,
        elapsedSeconds: (performance.now() - started) / 1000,
        totalSeconds: options.seconds,
        phase,
        state: app.state,
        kills,
        shop: activity,
        figures: app.figures,
        ...views,
      },
      last,
    )
  const frames = setInterval(() => {
    void readViews(reader).then((rows) => {
      views = rows
      show()
    }, ignoreWhileClosing)
  }, FRAME_MS)

  app.start()
  try {
    const killTimes = spread(options.kills, (options.seconds ?? 60) * 1000)
    await Promise.all([
      keepWriting(connection, options, activity, app),
      (async () => {
        for (const wait of killTimes) {
          await pause(wait)
          if (interrupted.signal.aborted || app.failure !== undefined) return
          await app.kill()
          kills++
          phase = `The app was killed with kill -9 and starts again where it had committed.`
          app.start()
        }
      })(),
    ])
    phase = 'The shop is closed; the app catches up.'
    if (app.failure === undefined) await untilCaughtUpOrFailed(app)
    views = await readViews(reader)
    phase = app.failure ?? 'Caught up. Both views are now recomputed with plain SQL and compared row by row.'
    show(true)
    const comparisons = await compareViews(reader)
    console.log(verdict(comparisons).join('\n'))
    return app.failure === undefined && isExact(comparisons)
  } finally {
    clearInterval(frames)
    await app.stop()
    await connection.end()
    await reader.end()
  }
}

async function keepWriting(connection: Connection, options: DemoOptions, activity: ShopActivity, app: AppProcess): Promise<void> {
  const random = seededRandom(options.seed)
  const end = options.seconds === undefined ? Infinity : performance.now() + options.seconds * 1000
  for (let next = performance.now(); performance.now() < end; next += 1000 / options.rate) {
    if (interrupted.signal.aborted || app.failure !== undefined) return
    await writeTransaction(connection, random, activity)
    await pause(next - performance.now())
  }
}

/** Waits between kills, the first after a while so that there is something to lose. */
function spread(count: number, totalMs: number): readonly number[] {
  return Array.from({ length: count }, () => (totalMs * 0.8) / count)
}

async function pause(ms: number): Promise<void> {
  if (ms > 0) await sleep(ms, undefined, { signal: interrupted.signal }).catch(ignoreWhileClosing)
}

async function untilCaughtUpOrFailed(app: AppProcess): Promise<void> {
  let caughtUp = false
  void app.caughtUp().then(() => {
    caughtUp = true
  })
  while (!caughtUp && app.failure === undefined) await sleep(100)
}

async function connect(url: string): Promise<Connection> {
  return createConnection({ uri: url, supportBigNumbers: true, bigNumberStrings: true, dateStrings: true, timezone: 'Z' })
}

function ignoreWhileClosing(): void {}
