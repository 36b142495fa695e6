import assert from 'node:assert/strict'
import type { EngineOperation, StateEngine } from '../engine/engine.ts'
import { openTaskState } from '../open-task-state.ts'
import type { StoreDefinition } from '../stores/definition.ts'
import type { ChangelogRecord, TaskState, TaskStateOptions } from '../task-state.ts'
import {
  type Amount,
  amountCodec,
  collect,
  recorder,
  type Subject,
  type SubjectFactory,
  type TestFunction,
  textCodec,
  withSubject,
} from './subject.ts'

const NOTHING = { changelogs: {}, inputs: {} }

const KEY_VALUE: StoreDefinition<string, string> = {
  kind: 'key-value',
  name: 'plain',
  key: textCodec,
  value: textCodec,
  caching: false,
}
const FIRST: StoreDefinition<string, Amount> = {
  kind: 'timestamped',
  name: 'first',
  key: textCodec,
  value: amountCodec,
  caching: true,
}
const SECOND: StoreDefinition<string, Amount> = { ...FIRST, name: 'second' }
const WINDOWS: StoreDefinition<string, Amount> = { ...FIRST, kind: 'window', name: 'windows', size: 10, retention: 100 }

/** What a task's state does beyond the histories of single stores: order, failure, misuse, and what is not asked of the engine. */
export function storesContract(test: TestFunction, factory: SubjectFactory): void {
  const over = (
    name: string,
    options: Omit<TaskStateOptions, 'engine'>,
    use: (state: TaskState, engine: WatchedEngine, subject: Subject) => Promise<void>,
  ): void => {
    test(`state: ${name}`, () =>
      withSubject(factory, async (subject) => {
        const engine = new WatchedEngine(subject.engine())
        const state = await openTaskState({ engine, ...options })
        await use(state, engine, subject)
        await state.close()
      }))
  }

  over(
    'flushes stores in order of definition; what a listener writes further down is flushed after',
    { stores: [FIRST, SECOND] },
    async (state) => {
      const first = state.timestamped<string, Amount>('first')
      const second = state.timestamped<string, Amount>('second')
      const told: unknown[] = []
      first.changelog = (key) => told.push(['changelog', key])
      first.onFlush = (key, next) => {
        told.push(['first', key])
        second.put(key, { amount: (next?.amount ?? 0) * 2 }, 1, [])
      }
      second.onFlush = (key, next) => void told.push(['second', key, next])
      second.put('z', { amount: 9 }, 1, [])
      first.put('b', { amount: 1 }, 1, [])
      first.put('a', { amount: 2 }, 1, [])
      first.put('b', { amount: 3 }, 1, [])
      assert.equal(state.flush(), undefined)
      assert.deepEqual(told, [
        ['changelog', 'a'],
        ['first', 'a'],
        ['changelog', 'b'],
        ['first', 'b'],
        ['second', 'z', { amount: 9 }],
        ['second', 'a', { amount: 4 }],
        ['second', 'b', { amount: 6 }],
      ])
    },
  )

  over('waits for a listener that returns a promise before it goes on', { stores: [FIRST, SECOND] }, async (state) => {
    const first = state.timestamped<string, Amount>('first')
    const second = state.timestamped<string, Amount>('second')
    const told: string[] = []
    first.onFlush = async (key) => {
      told.push(`${key} begins`)
      await Promise.resolve()
      told.push(`${key} ends`)
    }
    second.onFlush = (key) => void told.push(key)
    first.put('a', { amount: 1 }, 1, [])
    first.put('b', { amount: 1 }, 1, [])
    second.put('c', { amount: 1 }, 1, [])
    await state.flush()
    assert.deepEqual(told, ['a begins', 'a ends', 'b begins', 'b ends', 'c'])
  })

  over('hands the headers of the last write to the listener', { stores: [FIRST] }, async (state) => {
    const store = state.timestamped<string, Amount>('first')
    const headers: unknown[] = []
    store.onFlush = (_key, _next, _previous, _timestamp, of) => void headers.push(of)
    store.put('a', { amount: 1 }, 1, [['h', null]])
    store.put('a', { amount: 2 }, 2, [['h', Uint8Array.of(1)]])
    state.flush()
    assert.deepEqual(headers, [[['h', Uint8Array.of(1)]]])
  })

  over('a pair that was read stays as it was when the key is written again', { stores: [FIRST] }, async (state) => {
    const store = state.timestamped<string, Amount>('first')
    store.put('a', { amount: 1 }, 1, [])
    const read = store.get('a')
    store.put('a', { amount: 2 }, 2, [])
    assert.deepEqual(read, { value: { amount: 1 }, timestamp: 1 })
  })

  over('a scan sees its store as it was at the first step, whatever is written meanwhile', { stores: [FIRST] }, async (state) => {
    const store = state.timestamped<string, Amount>('first')
    for (const key of ['a', 'c', 'e']) store.put(key, { amount: 1 }, 1, [])
    state.flush()
    await state.commit(NOTHING)
    store.put('d', { amount: 1 }, 1, [])
    const seen: string[] = []
    for await (const [key, { value }] of store.range()) {
      seen.push(`${key}${value.amount}`)
      for (const other of ['b', 'd', 'e', 'f']) store.put(other, { amount: 2 }, 2, [])
      store.delete('c', 2, [])
    }
    assert.deepEqual(seen, ['a1', 'c1', 'd1', 'e1'])
  })

  over(
    'a failed commit leaves everything uncommitted, and can be repeated',
    { stores: [FIRST] },
    async (state, engine, subject) => {
      const store = state.timestamped<string, Amount>('first')
      store.put('a', { amount: 1 }, 1, [])
      state.flush()
      engine.failure = new Error('disk full')
      await assert.rejects(state.commit({ changelogs: { 'c/0': 1 }, inputs: {} }), engine.failure)
      engine.failure = undefined
      assert.equal(state.dirty, true)
      assert.equal(state.checkpoint, null)
      store.put('b', { amount: 2 }, 2, [])
      state.flush()
      await state.commit({ changelogs: { 'c/0': 2 }, inputs: {} })
      await state.close()
      const again = await openTaskState({ engine: subject.engine(), stores: [FIRST] })
      assert.deepEqual(again.checkpoint, { changelogs: { 'c/0': 2 }, inputs: {} })
      const rows = await collect(again.timestamped<string, Amount>('first').range())
      assert.deepEqual(
        rows.map(([key]) => key),
        ['a', 'b'],
      )
      await again.close()
    },
  )

  over('writes a commit as one batch', { stores: [KEY_VALUE, FIRST, WINDOWS] }, async (state, engine) => {
    state.keyValue<string, string>('plain').put('a', '1')
    state.timestamped<string, Amount>('first').put('a', { amount: 1 }, 1, [])
    state.window<string, Amount>('windows').put('a', 0, { amount: 1 }, 1, [])
    state.flush()
    const before = engine.batches.length
    await state.commit(NOTHING)
    assert.equal(engine.batches.length, before + 1)
  })

  over('refuses what does not fit its life', { stores: [FIRST, KEY_VALUE] }, async (state, engine) => {
    const first = state.timestamped<string, Amount>('first')
    const plain = state.keyValue<string, string>('plain')
    const misuse = { code: 'STATE_MISUSE' }
    first.put('a', { amount: 1 }, 1, [])
    await assert.rejects(state.commit(NOTHING), misuse)
    await assert.rejects(state.restore('first', [], NOTHING), misuse)
    plain.put('b', '1')
    state.flush()
    const commit = state.commit(NOTHING)
    assert.throws(() => first.put('a', { amount: 2 }, 1, []), misuse)
    assert.throws(() => plain.put('b', '2'), misuse)
    assert.throws(() => state.discard(), misuse)
    await assert.rejects(state.commit(NOTHING), misuse)
    await commit
    assert.equal(plain.get('b'), '1')
    assert.throws(() => state.window('first'), { code: 'STATE_STORE_UNKNOWN' })
    assert.throws(() => state.keyValue('other'), { code: 'STATE_STORE_UNKNOWN' })
    await state.close()
    assert.throws(() => first.put('a', { amount: 2 }, 1, []), misuse)
    assert.throws(() => first.get('a'), { code: 'STATE_CLOSED' })
    assert.throws(() => state.flush(), { code: 'STATE_CLOSED' })
    assert.equal(engine.isOpen, false)
  })

  over('after a flush that failed, only a discard helps', { stores: [FIRST] }, async (state) => {
    const store = state.timestamped<string, Amount>('first')
    store.onFlush = () => {
      throw new Error('listener')
    }
    store.put('a', { amount: 1 }, 1, [])
    assert.throws(() => state.flush(), /listener/)
    await assert.rejects(state.commit(NOTHING), { code: 'STATE_MISUSE' })
    state.discard()
    await state.commit(NOTHING)
    assert.equal(store.get('a'), undefined)
  })

  over(
    'asks for a commit when the uncommitted part passes the bound, and evicts the rest',
    { stores: [FIRST], cacheMaxBytes: 50_000 },
    async (state) => {
      const store = state.timestamped<string, Amount>('first')
      let written = 0
      for (; !state.needsCommit; written++) store.put(`key-${written}`, { amount: written }, 1, [])
      assert.ok(written > 20 && written < 500, `${written} entries`)
      state.flush()
      await state.commit(NOTHING)
      assert.equal(state.needsCommit, false)
      for (let i = 0; i < 3 * written; i++) {
        assert.equal(store.get(`key-${i}`)?.value.amount, i < written ? i : undefined)
        assert.ok(state.cachedBytes <= 50_000, `${state.cachedBytes} bytes`)
      }
      state.discard()
      assert.equal(state.cachedBytes, 0)
    },
  )

  over('does not ask the database for what it cannot have', { stores: [FIRST, WINDOWS] }, async (state, engine) => {
    const first = state.timestamped<string, Amount>('first')
    const windows = state.window<string, Amount>('windows')
    const add = (start: number, keys: number): void => {
      for (let i = 0; i < keys; i++) {
        const amount = (windows.get(`key-${i}`, start)?.value.amount ?? 0) + 1
        windows.put(`key-${i}`, start, { amount }, start, [])
      }
    }
    engine.reads = 0
    for (let i = 0; i < 20; i++) first.put(`key-${i}`, { amount: (first.get(`key-${i}`)?.value.amount ?? 0) + 1 }, 1, [])
    add(100, 20)
    state.flush()
    await state.commit(NOTHING)
    // The window is on disk now, but all of it is cached too.
    add(100, 40)
    add(110, 20)
    assert.equal(engine.reads, 0)
    assert.equal(windows.get('key-1', 90), undefined)
    assert.equal(windows.get('key-1', 90), undefined)
    assert.equal(engine.reads, 1)
  })

  over(
    'deletes what is out of retention from the database, in the background of commits',
    { stores: [WINDOWS] },
    async (state, engine) => {
      const windows = state.window<string, Amount>('windows')
      const countEntries = async (): Promise<number> => {
        const cursor = engine.cursor({ gte: Uint8Array.of(0, 1) })
        const entries = await cursor.next(10_000)
        await cursor.close()
        return entries.length
      }
      for (let start = 0; start <= 300; start += 10) {
        windows.put('a', start, { amount: start }, start, [])
        windows.put('b', start, { amount: start }, start, [])
      }
      state.flush()
      await state.commit(NOTHING)
      assert.equal(await countEntries(), 20)
      windows.put('a', 355, { amount: 1 }, 355, [])
      state.flush()
      await state.commit(NOTHING)
      // 260 … 300 of both keys and 355, and 250, whose segment of 10 ms is not wholly out of retention.
      for (let left = await countEntries(); left !== 13; left = await countEntries()) await new Promise(setImmediate)
    },
  )

  over('a write that cannot be encoded changes nothing', { stores: [KEY_VALUE, { ...FIRST, caching: false }] }, async (state) => {
    const store = state.timestamped<string, Amount>('first')
    store.put('a', { amount: 1 }, 1, [])
    await state.commit(NOTHING)
    state.discard()
    const broken = {
      get amount(): number {
        throw new Error('no amount')
      },
    }
    assert.throws(() => store.put('a', broken, 2, []), /no amount/)
    assert.deepEqual(store.get('a'), { value: { amount: 1 }, timestamp: 1 })
    assert.equal(state.dirty, false)
  })

  test('state: adding or removing a store leaves the others where they are', () =>
    withSubject(factory, async (subject) => {
      const run = async (stores: StoreDefinition[], use: (state: TaskState) => Promise<void> | void): Promise<void> => {
        const state = await openTaskState({ engine: subject.engine(), stores })
        await use(state)
        await state.close()
      }
      await run([FIRST], async (state) => {
        state.timestamped<string, Amount>('first').put('a', { amount: 1 }, 1, [])
        state.flush()
        await state.commit(NOTHING)
      })
      await run([KEY_VALUE, SECOND, FIRST], async (state) => {
        assert.equal(state.timestamped<string, Amount>('first').get('a')?.value.amount, 1)
        assert.equal(state.timestamped<string, Amount>('second').get('a'), undefined)
        state.timestamped<string, Amount>('second').put('a', { amount: 2 }, 1, [])
        state.flush()
        await state.commit(NOTHING)
      })
      await run([SECOND], (state) => {
        assert.equal(state.timestamped<string, Amount>('second').get('a')?.value.amount, 2)
      })
      await assert.rejects(openTaskState({ engine: subject.engine(), stores: [{ ...WINDOWS, name: 'first' }] }), {
        code: 'STATE_STORE_CHANGED',
      })
      await assert.rejects(openTaskState({ engine: subject.engine(), stores: [FIRST, FIRST] }), { code: 'STATE_STORE_DUPLICATE' })
    }))

  test('state: a database of a newer format, without a header, or with an unreadable one is refused', () =>
    withSubject(factory, async (subject) => {
      const rewrite = async (change: (entries: EngineOperation[]) => EngineOperation[]): Promise<void> => {
        const engine = subject.engine()
        await engine.open()
        const entries: EngineOperation[] = []
        const cursor = engine.cursor({})
        for (const [key, value] of await cursor.next(100)) entries.push({ type: 'put', key, value })
        await cursor.close()
        await engine.clear({})
        await engine.write(change(entries))
        await engine.close()
      }
      const headerOf = (entries: readonly EngineOperation[]): EngineOperation =>
        entries.find(({ key }) => Buffer.from(key).includes('header')) as EngineOperation
      const open = (): Promise<TaskState> => openTaskState({ engine: subject.engine(), stores: [FIRST] })
      const state = await open()
      await state.commit(NOTHING)
      await state.close()
      await rewrite((entries) => [...entries, { type: 'put', key: headerOf(entries).key, value: '{"format":1000,"stores":{}}' }])
      await assert.rejects(open(), { code: 'STATE_FORMAT' })
      await rewrite((entries) => [...entries, { type: 'put', key: headerOf(entries).key, value: '{"format":' }])
      await assert.rejects(open(), { code: 'STATE_CORRUPT' })
      await rewrite((entries) => entries.filter((entry) => entry.key !== headerOf(entries).key))
      await assert.rejects(open(), { code: 'STATE_CORRUPT' })
    }))

  over('a wipe that was interrupted is finished by the next opening', { stores: [FIRST] }, async (state, engine, subject) => {
    const store = state.timestamped<string, Amount>('first')
    store.put('a', { amount: 1 }, 1, [])
    state.flush()
    await state.commit(NOTHING)
    engine.clearFailure = new Error('killed')
    await assert.rejects(state.wipe(), engine.clearFailure)
    await state.close()
    const again = await openTaskState({ engine: subject.engine(), stores: [FIRST] })
    assert.equal(again.checkpoint, null)
    assert.equal(again.timestamped('first').get('a'), undefined)
    await again.close()
  })

  over('restores raw records: no value is decoded, timestamps are the records', { stores: [FIRST, WINDOWS] }, async (state) => {
    const records: ChangelogRecord[] = []
    const windows = state.window<string, Amount>('windows')
    windows.changelog = recorder(records)
    windows.put('a', 1000, { amount: 1 }, 1005, [])
    windows.put('a', 850, { amount: 2 }, 855, [])
    windows.put('a', 950, { amount: 3 }, 955, [])
    state.flush()
    state.discard()
    await state.restore('windows', [...records, { key: Buffer.alloc(8), value: Buffer.from('not JSON'), timestamp: 1 }], NOTHING)
    await state.restore('first', [{ key: Buffer.from('k'), value: Buffer.from('not JSON'), timestamp: 1 }], NOTHING)
    assert.equal(windows.observedStart, 1000)
    assert.deepEqual(windows.get('a', 950), { value: { amount: 3 }, timestamp: 955 })
    assert.equal(windows.get('a', 850), undefined)
    assert.throws(() => state.timestamped('first').get('k'))
    await assert.rejects(state.restore('windows', [{ key: Buffer.alloc(7), value: null, timestamp: 1 }], NOTHING), {
      code: 'STATE_CORRUPT',
    })
  })

  over('refuses what is no window start', { stores: [WINDOWS] }, async (state) => {
    const windows = state.window<string, Amount>('windows')
    for (const start of [-1, 0.5, 2 ** 48, Number.NaN]) {
      assert.throws(() => windows.put('a', start, { amount: 1 }, 1, []), RangeError)
    }
    assert.equal(windows.observedStart, Number.NEGATIVE_INFINITY)
  })
}

/** An engine that counts and, if asked, fails. */
class WatchedEngine implements StateEngine {
  readonly #engine: StateEngine
  readonly name: string
  readonly location: string
  readonly batches: (readonly EngineOperation[])[] = []
  reads = 0
  isOpen = false
  failure: Error | undefined
  clearFailure: Error | undefined

  constructor(engine: StateEngine) {
    this.#engine = engine
    this.name = engine.name
    this.location = engine.location
  }

  async open(): Promise<void> {
    await this.#engine.open()
    this.isOpen = true
  }

  get(key: Uint8Array): ReturnType<StateEngine['get']> {
    this.reads++
    return this.#engine.get(key)
  }

  cursor(range: Parameters<StateEngine['cursor']>[0]): ReturnType<StateEngine['cursor']> {
    return this.#engine.cursor(range)
  }

  async write(operations: readonly EngineOperation[], options?: Parameters<StateEngine['write']>[1]): Promise<void> {
    if (this.failure !== undefined) throw this.failure
    this.batches.push(operations)
    await this.#engine.write(operations, options)
  }

  async clear(range: Parameters<StateEngine['clear']>[0]): Promise<void> {
    if (this.clearFailure !== undefined) throw this.clearFailure
    await this.#engine.clear(range)
  }

  compact(range: Parameters<StateEngine['compact']>[0]): Promise<void> {
    return this.#engine.compact(range)
  }

  async close(): Promise<void> {
    await this.#engine.close()
    this.isOpen = false
  }
}
