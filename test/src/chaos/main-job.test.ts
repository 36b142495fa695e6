import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { createConnection } from 'mysql2/promise'
import { describe, expect, inject, it } from 'vitest'
import { AppProcess } from '../../../examples/src/demo/app-process.ts'
import { seededRandom } from '../../../examples/src/shop/random.ts'
import { createShop } from '../../../examples/src/shop/schema.ts'
import { compareViews } from '../../../examples/src/shop/verify.ts'
import { noActivity, writeTransaction } from '../../../examples/src/shop/writer.ts'
import { startMariadb, startMysql } from '@millrace/scripts/servers'
import { waitUntil } from '../support/wait-until.ts'
import { uniqueName } from '../support/unique-name.ts'

const KILLS = 20

// The job of the golden example, end to end, while its process is killed again and again: during its start, its snapshot, a
// commit, or between two of them.
describe.each([
  { log: 'the embedded log', server: startMariadb, brokers: () => '' },
  { log: 'Kafka under exactly-once', server: startMysql, brokers: () => inject('kafkaBrokers').join(',') },
])('The main job on $log', ({ server, brokers }) => {
  it(`ends with views equal to plain SQL after ${KILLS} kills -9 at random moments`, { timeout: 600_000 }, async () => {
    const seed = Date.now() % 1_000_000
    const random = seededRandom(seed)
    const database = await server()
    const stateDir = await mkdtemp(join(tmpdir(), 'millrace-chaos-'))
    const shop = await createConnection({ uri: database.url, dateStrings: true, supportBigNumbers: true, bigNumberStrings: true })
    const app = new AppProcess({
      MYSQL_URL: database.url,
      STATE_DIR: stateDir,
      APP_ID: uniqueName('shop'),
      KAFKA_BROKERS: brokers(),
    })
    try {
      await createShop(shop)
      const activity = noActivity()
      let open = true
      const writing = (async () => {
        while (open) {
          await writeTransaction(shop, random, activity)
          await sleep(5)
        }
      })().catch(async (error: unknown) => {
        const log = await readFile(database.logFile, 'utf8')
        return new Error(
          `the shop could not write; its server ${database.running ? 'runs' : 'has ended'}:\n${log.slice(-3000)}`,
          { cause: error },
        )
      })
      app.start()
      for (let kill = 0; kill < KILLS; kill++) {
        // One in three is killed while it starts, the others at work.
        if (kill % 3 !== 0) await waitUntil(() => app.state === 'running', { what: 'the app runs again' })
        await sleep(random.below(1500))
        expect(app.failure).toBeUndefined()
        await app.kill()
        app.start()
      }
      open = false
      expect(await writing).toBeUndefined()
      await app.caughtUp()
      expect(app.failure).toBeUndefined()
      const comparisons = await compareViews(shop)
      for (const comparison of comparisons) {
        expect(comparison, `seed ${seed}`).toMatchObject({ missing: 0, surplus: 0, different: 0, examples: [] })
        expect(comparison.rows).toBeGreaterThan(0)
      }
    } finally {
      await app.stop()
      await shop.end()
      await database.stop()
      await rm(stateDir, { recursive: true, force: true })
    }
  })
})
