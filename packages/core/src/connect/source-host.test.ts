import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { MillraceError } from '../errors.ts'
import type { Log } from '../log/log.ts'
import { NO_HEADERS } from '../log/records/index.ts'
import { silentLogger } from '../runtime/json-lines-logger.ts'
import { Lab } from '../runtime/test-support/lab.ts'
import type { Connector, SourceTask, SourceTaskContext } from './connector.ts'
import { FirstContact } from './first-contact.ts'
import { SourceHost } from './source-host.ts'

const ROWS = ['a', 'b', 'c']

/** An abort goes on for a while after everything was dropped, as Kafka's does, which tells the coordinator. */
function slowToAbort(log: Log): Log {
  return {
    name: log.name,
    admin: log.admin,
    openReader: (options) => log.openReader(options),
    openMember: (options) => log.openMember(options),
    close: () => log.close(),
    openWriter: async (options) => {
      const writer = await log.openWriter(options)
      return {
        get pendingBytes() {
          return writer.pendingBytes
        },
        append: (...args) => writer.append(...args),
        prepare: (topics) => writer.prepare(topics),
        flush: () => writer.flush(),
        commit: (offsets) => writer.commit(offsets),
        abort: async () => {
          await writer.abort()
          await new Promise((resolve) => setTimeout(resolve, 10))
        },
        close: () => writer.close(),
      }
    },
  }
}

function connectorOf(run: (context: SourceTaskContext) => Promise<void>): Connector {
  return { name: 'outside', options: z.unknown(), createSource: (): SourceTask => ({ run }) }
}

const stopped = ({ signal }: SourceTaskContext): Promise<void> =>
  new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }))

describe('A source task that is over', () => {
  let lab: Lab

  beforeEach(async () => {
    lab = await Lab.open()
    await lab.log.admin.createTopics([
      { topic: 'rows', partitions: 1, cleanup: 'delete' },
      { topic: 'positions', partitions: 1, cleanup: 'compact' },
    ])
  })

  afterEach(async () => await lab.close())

  const host = (run: (context: SourceTaskContext) => Promise<void>): SourceHost => {
    const connector = connectorOf(run)
    return new SourceHost({
      id: 'source:outside',
      app: 'shop',
      connector,
      feeds: [{ connector, name: 'rows', spec: {}, topic: 'rows' }],
      options: {},
      log: slowToAbort(lab.log),
      logger: silentLogger,
      firstContact: new FirstContact(),
      exactlyOnce: true,
      positionsTopic: 'positions',
      onFailure: (error) => {
        throw error
      },
    })
  }

  const emitAll = (context: SourceTaskContext): void => {
    for (const row of ROWS) context.emit('rows', row, row, 0, NO_HEADERS)
  }

  const rows = async (): Promise<readonly (string | null)[]> => (await lab.read('rows')).map(([key]) => key)

  it('cannot commit its position any more: the rows before it were dropped', async () => {
    const starts: (string | null)[] = []
    const done = Promise.withResolvers<void>()
    const source = host(async (context) => {
      starts.push(context.position === null ? null : Buffer.from(context.position).toString())
      if (context.position === null) emitAll(context)
      if (starts.length === 1) {
        // What was planned before the error comes after it.
        setImmediate(() => void context.commit('all').catch(() => undefined))
        throw new MillraceError('BROKER_UNREACHABLE', 'connection lost', { retriable: true })
      }
      await context.commit('all')
      done.resolve()
      await stopped(context)
    })
    await done.promise
    await source.stop()
    expect(starts).toEqual([null, null])
    expect(await rows()).toEqual(ROWS)
  })

  it('cannot commit after it was stopped either', async () => {
    const running = Promise.withResolvers<void>()
    const first = host(async (context) => {
      running.resolve()
      await stopped(context)
      emitAll(context)
      setImmediate(() => void context.commit('all').catch(() => undefined))
    })
    await running.promise
    await first.stop()
    const position = Promise.withResolvers<Uint8Array | null>()
    const second = host(async (context) => {
      position.resolve(context.position)
      await stopped(context)
    })
    expect(await position.promise).toBe(null)
    await second.stop()
    expect(await rows()).toEqual([])
  })

  it('has what it began to commit in time', async () => {
    const starts: (string | null)[] = []
    const done = Promise.withResolvers<void>()
    const source = host(async (context) => {
      starts.push(context.position === null ? null : Buffer.from(context.position).toString())
      if (starts.length === 1) {
        emitAll(context)
        void context.commit('all').catch(() => undefined)
        context.emit('rows', 'later', 'later', 0, NO_HEADERS)
        throw new MillraceError('BROKER_UNREACHABLE', 'connection lost', { retriable: true })
      }
      done.resolve()
      await stopped(context)
    })
    await done.promise
    await source.stop()
    expect(starts).toEqual([null, 'all'])
    expect(await rows()).toEqual(ROWS)
  })
})
