import assert from 'node:assert/strict'
import type { EngineRange, StateEngine } from '../engine/engine.ts'
import { StateStoreError } from '../errors.ts'
import { type SubjectFactory, type TestFunction, withSubject } from './subject.ts'

/** What every engine does, whatever is built on it. */
export function engineContract(test: TestFunction, factory: SubjectFactory): void {
  const over = (name: string, use: (engine: StateEngine) => Promise<void>): void => {
    test(`engine: ${name}`, () =>
      withSubject(factory, async (subject) => {
        const engine = subject.engine()
        await engine.open()
        await use(engine)
        await engine.close()
      }))
  }

  over('reads back bytes and text, absent and empty values', async (engine) => {
    await engine.write([
      { type: 'put', key: bytes('a'), value: 'ÿ€😀' },
      { type: 'put', key: bytes('b'), value: Uint8Array.of(0, 255, 128) },
      { type: 'put', key: bytes('c'), value: '' },
      { type: 'put', key: bytes('d'), value: new Uint8Array(0) },
    ])
    assert.equal(engine.get(bytes('a'))?.toString(), 'ÿ€😀')
    assert.deepEqual([...(engine.get(bytes('b')) ?? [])], [0, 255, 128])
    assert.equal(engine.get(bytes('c'))?.length, 0)
    assert.equal(engine.get(bytes('d'))?.length, 0)
    assert.equal(engine.get(bytes('e')), undefined)
  })

  over('applies a batch in order: the last operation on a key wins', async (engine) => {
    await engine.write([
      { type: 'put', key: bytes('a'), value: '1' },
      { type: 'delete', key: bytes('a') },
      { type: 'put', key: bytes('b'), value: '1' },
      { type: 'put', key: bytes('b'), value: '2' },
      { type: 'delete', key: bytes('c') },
    ])
    assert.equal(engine.get(bytes('a')), undefined)
    assert.equal(engine.get(bytes('b'))?.toString(), '2')
    await engine.write([])
  })

  over('owns its bytes: reusing a buffer after a write changes nothing', async (engine) => {
    const key = Buffer.from('key')
    const value = Buffer.from('value')
    await engine.write([{ type: 'put', key, value }])
    key.fill(0)
    value.fill(0)
    assert.equal(engine.get(bytes('key'))?.toString(), 'value')
  })

  over('walks ranges in unsigned byte order, both ways, with open and half-open bounds', async (engine) => {
    const keys = [[], [0], [0, 0], [1], [1, 0], [1, 255], [127], [128], [128, 1], [255], [255, 255]].map((key) =>
      Buffer.from(key),
    )
    const stored = keys.slice(1)
    await engine.write(stored.toReversed().map((key) => ({ type: 'put', key, value: key.toString('hex') })))
    for (const gte of [undefined, ...keys]) {
      for (const lt of [undefined, ...keys]) {
        const expected = stored.filter(
          (key) => (gte === undefined || gte.compare(key) <= 0) && (lt === undefined || lt.compare(key) > 0),
        )
        const bounds = { ...(gte === undefined ? {} : { gte }), ...(lt === undefined ? {} : { lt }) }
        assert.deepEqual(await walk(engine, bounds, 2), expected.map(hex))
        assert.deepEqual(await walk(engine, { ...bounds, reverse: true }, 3), expected.toReversed().map(hex))
      }
    }
  })

  over('walks a snapshot: writes after a cursor was made are not seen by it', async (engine) => {
    const put = (key: string): Promise<void> => engine.write([{ type: 'put', key: bytes(key), value: key }])
    for (let i = 0; i < 600; i++) await put(`k${String(i).padStart(4, '0')}`)
    const before = await walk(engine, {}, 100)
    const cursor = engine.cursor({})
    const seen = (await cursor.next(10)).map(([key]) => hex(key))
    await put('k0300x')
    await engine.write([{ type: 'delete', key: bytes('k0301') }])
    await engine.clear({ gte: bytes('k0400') })
    for (let chunk = await cursor.next(100); chunk.length > 0; chunk = await cursor.next(100)) {
      seen.push(...chunk.map(([key]) => hex(key)))
    }
    await cursor.close()
    assert.deepEqual(seen, before)
  })

  over('a cursor can be closed at any time, and ends with empty chunks', async (engine) => {
    await engine.write([{ type: 'put', key: bytes('a'), value: '' }])
    const early = engine.cursor({})
    await early.close()
    const cursor = engine.cursor({})
    assert.equal((await cursor.next(5)).length, 1)
    assert.equal((await cursor.next(5)).length, 0)
    assert.equal((await cursor.next(5)).length, 0)
    await cursor.close()
  })

  over('clears ranges, and compacts without losing anything', async (engine) => {
    await engine.write(['a', 'b', 'c', 'd'].map((key) => ({ type: 'put', key: bytes(key), value: key })))
    await engine.clear({ gte: bytes('b'), lt: bytes('d') })
    await engine.compact({ gte: bytes('a'), lt: bytes('d') })
    await engine.compact({})
    assert.deepEqual(await walk(engine, {}, 10), [hex(bytes('a')), hex(bytes('d'))])
    await engine.clear({})
    assert.deepEqual(await walk(engine, {}, 10), [])
  })

  over('keeps entries in order through thousands of scattered writes', async (engine) => {
    const model = new Map<string, string>()
    for (let round = 0; round < 20; round++) {
      const batch = Array.from({ length: 100 }, (_, i) => String(((round * 100 + i) * 7919) % 1500))
      await engine.write(
        batch.map((key, i) =>
          i % 4 === 3 ? { type: 'delete', key: bytes(key) } : { type: 'put', key: bytes(key), value: `${round}` },
        ),
      )
      for (const [i, key] of batch.entries()) {
        if (i % 4 === 3) model.delete(key)
        else model.set(key, `${round}`)
      }
    }
    const expected = [...model.keys()].map(bytes).sort(Buffer.compare).map(hex)
    assert.deepEqual(await walk(engine, {}, 64), expected)
    for (const [key, value] of model) assert.equal(engine.get(bytes(key))?.toString(), value)
  })

  test('engine: keeps everything when it is closed and opened again', () =>
    withSubject(factory, async (subject) => {
      const engine = subject.engine()
      await engine.open()
      await engine.write([{ type: 'put', key: bytes('a'), value: '1' }], { durable: true })
      await engine.close()
      const again = subject.engine()
      await again.open()
      assert.equal(again.get(bytes('a'))?.toString(), '1')
      await again.close()
    }))

  test('engine: refuses a second opening with STATE_LOCKED, naming the place', () =>
    withSubject(factory, async (subject) => {
      const engine = subject.engine()
      await engine.open()
      const second = subject.engine()
      await assert.rejects(second.open(), (error) => {
        assert.ok(error instanceof StateStoreError)
        assert.equal(error.code, 'STATE_LOCKED')
        assert.ok(error.message.includes(engine.location))
        return true
      })
      await engine.close()
    }))

  test('engine: says STATE_CLOSED when it is used before opening or after closing', () =>
    withSubject(factory, async (subject) => {
      const engine = subject.engine()
      const closed = { code: 'STATE_CLOSED' }
      const assertClosed = async (): Promise<void> => {
        assert.throws(() => engine.get(bytes('a')), closed)
        assert.throws(() => engine.cursor({}), closed)
        await assert.rejects(engine.write([]), closed)
        await assert.rejects(engine.clear({}), closed)
      }
      await assertClosed()
      await engine.open()
      await engine.close()
      await engine.close()
      await assertClosed()
    }))
}

function bytes(text: string): Buffer {
  return Buffer.from(text)
}

function hex(key: Uint8Array): string {
  return Buffer.from(key).toString('hex')
}

async function walk(engine: StateEngine, range: EngineRange, chunk: number): Promise<string[]> {
  const cursor = engine.cursor(range)
  const keys: string[] = []
  for (let entries = await cursor.next(chunk); entries.length > 0; entries = await cursor.next(chunk)) {
    keys.push(...entries.map(([key]) => hex(key)))
  }
  await cursor.close()
  return keys
}
