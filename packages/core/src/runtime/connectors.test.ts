import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { z } from 'zod'
import type { Connector, SinkTask, SourceTask, SourceTaskContext } from '../connect/index.ts'
import { topology, type Topology } from '../dsl/index.ts'
import { MillraceError } from '../errors.ts'
import type { FetchedBatch } from '../log/log.ts'
import { NO_HEADERS } from '../log/records/index.ts'
import { string } from '../serde/index.ts'
import { type App, createApp } from './app.ts'
import { Lab } from './test-support/lab.ts'

/** A table outside: numbered rows to be read, and what was written, with the next offset of each partition. */
class Outside {
  readonly rows: string[] = []
  readonly written: string[] = []
  readonly offsets = new Map<number, number>()
  /** Errors of the next writes and reads, one each; undefined: it works. */
  readonly writeFaults: (Error | undefined)[] = []
  readonly readFaults: (Error | undefined)[] = []
  readonly starts: number[] = []
}

function connectorFor(outside: Outside): Connector {
  return {
    name: 'outside',
    options: z.strictObject({}),
    createSource: () => new RowSource(outside),
    createSink: () => new RowSink(outside),
  }
}

/** Emits rows two at a time; its position is the number of the next row. */
class RowSource implements SourceTask {
  readonly #outside: Outside
  #committed = 0

  constructor(outside: Outside) {
    this.#outside = outside
  }

  async run(context: SourceTaskContext): Promise<void> {
    let next = context.position === null ? 0 : Number(Buffer.from(context.position).toString())
    this.#outside.starts.push(next)
    while (!context.signal.aborted) {
      const rows = this.#outside.rows.slice(next, next + 2)
      for (const row of rows) context.emit('rows', row, row, 0, NO_HEADERS)
      const fault = this.#outside.readFaults.shift()
      if (fault !== undefined) throw fault
      next += rows.length
      if (rows.length > 0) await context.commit(String(next))
      this.#committed = next
      context.report({ 'rows-behind': this.#outside.rows.length - next })
      await new Promise((resolve) => setTimeout(resolve, 1))
    }
  }

  async caughtUp(): Promise<void> {
    const wanted = this.#outside.rows.length
    while (this.#committed < wanted) await new Promise((resolve) => setTimeout(resolve, 1))
  }
}

/** Writes rows and the offset together. */
class RowSink implements SinkTask {
  readonly #outside: Outside
  #partition = 0

  constructor(outside: Outside) {
    this.#outside = outside
  }

  async open({ partition }: { readonly partition: number }): Promise<number> {
    this.#partition = partition
    return this.#outside.offsets.get(partition) ?? 0
  }

  async write(batch: FetchedBatch): Promise<void> {
    const fault = this.#outside.writeFaults.shift()
    // A lost answer: written all the same.
    if (fault === undefined || fault.message === 'answer lost') {
      this.#outside.written.push(...batch.records.map(({ value }) => String(value)))
      this.#outside.offsets.set(this.#partition, batch.nextOffset)
    }
    if (fault !== undefined) throw fault
  }

  async close(): Promise<void> {}
}

function copy(connector: Connector): Topology {
  return topology('copy', (t) => {
    const rows = { feed: { connector, name: 'rows', spec: {} }, topic: 'rows', key: string(), value: string() }
    t.stream(rows)
      .mapValues((row) => row.toUpperCase(), { value: string() })
      .to({ view: { connector, name: 'copy', spec: {} } })
  })
}

const down = (message: string): MillraceError => new MillraceError('BROKER_UNREACHABLE', message, { retriable: true })

describe('connectors', () => {
  let lab: Lab
  let outside: Outside
  let app: App | undefined

  beforeEach(async () => {
    lab = await Lab.open()
    outside = new Outside()
  })

  afterEach(async () => {
    await app?.stop()
    await lab.close()
  })

  const start = async (): Promise<App> => {
    const options = { log: lab.log, stateDir: lab.stateDir, logger: false, commitInterval: 5, outside: {} } as const
    app = createApp(copy(connectorFor(outside)), options)
    await app.start()
    return app
  }

  const add = (count: number): void => {
    for (let i = 0; i < count; i++) outside.rows.push(`row-${outside.rows.length}`)
  }

  const expectCopied = (): void => {
    expect([...outside.written].sort()).toEqual(outside.rows.map((row) => row.toUpperCase()).sort())
  }

  it('bring rows in and out, each once', async () => {
    add(25)
    const running = await start()
    await running.caughtUp()
    expectCopied()
    add(10)
    await running.caughtUp()
    expectCopied()
  })

  it('hear of deletions as long as a group that is away keeps its offsets', async () => {
    await start()
    const described = await lab.log.admin.describeTopics(['copy-copy-view'])
    expect(described.get('copy-copy-view')?.config).toMatchObject({
      'cleanup.policy': 'compact',
      'delete.retention.ms': String(7 * 24 * 3600 * 1000),
    })
  })

  it('go on from the committed position after a restart', async () => {
    add(7)
    await (await start()).caughtUp()
    await app?.stop()
    add(7)
    await (await start()).caughtUp()
    expect(outside.starts).toEqual([0, 7])
    expectCopied()
  })

  it('try again after errors that may pass, without losing or doubling a row', async () => {
    add(25)
    outside.readFaults.push(undefined, down('connection lost'), undefined, down('connection lost'))
    outside.writeFaults.push(down('connection lost'), undefined, down('answer lost'))
    await (await start()).caughtUp()
    expect(outside.starts).toEqual([0, 2, 4])
    expectCopied()
  })

  it.each(['source', 'sink'] as const)('stop the app with the cause when a %s task fails for good', async (kind) => {
    add(3)
    const faults = kind === 'source' ? outside.readFaults : outside.writeFaults
    faults.push(new Error('no such table'))
    const running = await start()
    await expect(running.stopped).rejects.toMatchObject({
      code: 'CONNECTOR_FAILED',
      message: expect.stringMatching(new RegExp(`${kind}:.* failed: no such table`)),
      cause: { message: 'no such table' },
    })
    expect(running.state.status).toBe('failed')
  })

  it('stop the app with the code that the cause has, whatever the worker would do about such a code of its own', async () => {
    add(3)
    outside.writeFaults.push(new MillraceError('NOT_A_MEMBER', 'the account is closed', { location: { topic: 'copy' } }))
    const running = await start()
    await expect(running.stopped).rejects.toMatchObject({
      code: 'NOT_A_MEMBER',
      message: expect.stringMatching(/sink:.* failed: the account is closed/),
      location: { topic: 'copy', task: expect.stringContaining('sink:') },
    })
  })

  it('show in the metrics what they have done and what they report', async () => {
    add(6)
    const running = await start()
    await running.caughtUp()
    const { promise, resolve } = Promise.withResolvers<readonly number[]>()
    running.metrics$
      .subscribe((now) =>
        resolve(
          ['source-records-total', 'process-total', 'sink-records-total', 'rows-behind', 'records-lag'].map((name) =>
            now.sum(name),
          ),
        ),
      )
      .unsubscribe()
    expect(await promise).toEqual([6, 6, 6, 0, 0])
  })
})
