import assert from 'node:assert/strict'
import type { ChangelogRecord } from '../task-state.ts'
import { FIRST, KEY_VALUE, NOTHING, SECOND, stateTests, WINDOWS } from './state-subject.ts'
import { type Amount, recorder, type SubjectFactory, type TestFunction } from './subject.ts'

/** What stores do beyond their histories: order, failure, misuse, and what is not asked of the engine. */
export function storesContract(test: TestFunction, factory: SubjectFactory): void {
  const over = stateTests(test, factory)

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

  over('flushes once more what a listener writes further up', { stores: [FIRST, SECOND] }, async (state) => {
    const first = state.timestamped<string, Amount>('first')
    const second = state.timestamped<string, Amount>('second')
    const told: string[] = []
    first.onFlush = (key) => void told.push(key)
    second.onFlush = (key) => first.put(`${key} again`, { amount: 1 }, 1, [])
    first.put('a', { amount: 1 }, 1, [])
    second.put('b', { amount: 1 }, 1, [])
    await state.flush()
    assert.deepEqual(told, ['a', 'b again'])
    await state.commit(NOTHING)
  })

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
    await state.flush()
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
    await state.flush()
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

  over('a scan by prefix has the keys that begin with it, committed or not', { stores: [FIRST, KEY_VALUE] }, async (state) => {
    const [first, plain] = [state.timestamped<string, Amount>('first'), state.keyValue<string, string>('plain')]
    const put = (...keys: readonly string[]): void => {
      for (const key of keys) {
        first.put(key, { amount: 1 }, 1, [])
        plain.put(key, key)
      }
    }
    put('a', 'b', 'ba', 'b\u00ff', 'c')
    await state.flush()
    await state.commit(NOTHING)
    put('bb')
    plain.delete('ba')
    const seen: string[] = []
    for await (const [key] of first.prefixScan('b')) seen.push(key)
    assert.deepEqual(seen, ['b', 'ba', 'bb', 'b\u00ff'])
    seen.length = 0
    for await (const [key] of plain.prefixScan(Buffer.from('b'), 'reverse')) seen.push(key)
    assert.deepEqual(seen, ['b\u00ff', 'bb', 'b'])
  })

  over('refuses what does not fit its life', { stores: [FIRST, KEY_VALUE] }, async (state, engine) => {
    const first = state.timestamped<string, Amount>('first')
    const plain = state.keyValue<string, string>('plain')
    const misuse = { code: 'STATE_MISUSE' }
    first.put('a', { amount: 1 }, 1, [])
    await assert.rejects(state.commit(NOTHING), misuse)
    await assert.rejects(state.restore('first', [], NOTHING), misuse)
    plain.put('b', '1')
    await state.flush()
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
      for (let round = 0; round < 3; round++) {
        const before = written
        for (; !state.needsCommit; written++) store.put(`key-${written}`, { amount: written }, 1, [])
        assert.ok(written - before > 20 && written - before < 500, `${written - before} entries`)
        await state.flush()
        await state.commit(NOTHING)
        assert.equal(state.needsCommit, false)
        assert.ok(state.cachedBytes <= 50_000, `${state.cachedBytes} bytes`)
      }
      for (let i = 0; i < 2 * written; i++) {
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
    await state.flush()
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
      await state.flush()
      await state.commit(NOTHING)
      assert.equal(await countEntries(), 20)
      windows.put('a', 355, { amount: 1 }, 355, [])
      await state.flush()
      await state.commit(NOTHING)
      // 260 … 300 of both keys and 355, and 250, whose segment of 10 ms is not wholly out of retention.
      for (let left = await countEntries(); left !== 13; left = await countEntries()) await new Promise(setImmediate)
    },
  )

  over(
    'what lingers is found by entries and findKept alone, also from the database',
    {
      stores: [
        { ...FIRST, kind: 'window', name: 'pages', size: 10, retention: 100, linger: 50, pageSpan: 20 },
        { ...FIRST, kind: 'session', name: 'sessions', retention: 100, linger: 50 },
      ],
    },
    async (state) => {
      const [pages, sessions] = [state.pagedWindow<string, Amount>('pages'), state.session<string, Amount>('sessions')]
      const check = async (lingering: readonly number[]): Promise<void> => {
        assert.deepEqual(
          pages.entries('a', 0, 2000).map(({ start }) => start),
          [...lingering, 950, 1000],
        )
        assert.deepEqual(
          sessions.findKept('a', 0, 2000).map(({ end }) => end),
          [...lingering, 950, 1000],
        )
        assert.deepEqual(
          sessions.findSessions('a', 0, 2000).map(({ end }) => end),
          [950, 1000],
        )
        const shown: number[] = []
        for await (const [start] of pages.fetch('a', 0, 2000)) shown.push(start)
        for await (const [, { end }] of sessions.all()) shown.push(end)
        assert.deepEqual(shown, [950, 1000, 950, 1000])
        assert.deepEqual([pages.get('a', 851), sessions.get('a', 851, 851)], [undefined, undefined])
      }
      const put = (at: number): void => {
        pages.put('a', at, { amount: at }, at, [])
        sessions.put('a', at, at, { amount: at }, at, [])
      }
      for (const at of [850, 851, 950, 1000]) put(at)
      await check([851])
      put(852)
      await check([851, 852])
      for (let round = 0; round < 3; round++) {
        await state.flush()
        await state.commit(NOTHING)
        state.discard()
        await check([851, 852])
      }
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

  over('restores raw records: no value is decoded, timestamps are the records', { stores: [FIRST, WINDOWS] }, async (state) => {
    const records: ChangelogRecord[] = []
    const windows = state.window<string, Amount>('windows')
    windows.changelog = recorder(records)
    windows.put('a', 1000, { amount: 1 }, 1005, [])
    windows.put('a', 850, { amount: 2 }, 855, [])
    windows.put('a', 950, { amount: 3 }, 955, [])
    await state.flush()
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
