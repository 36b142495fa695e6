import assert from 'node:assert/strict'
import type { EngineOperation } from '../engine/engine.ts'
import { openTaskState } from '../open-task-state.ts'
import type { StoreDefinition } from '../stores/definition.ts'
import type { ChangelogRecord, TaskState } from '../task-state.ts'
import { FIRST, KEY_VALUE, NOTHING, PAGED, SECOND, stateTests, WINDOWS } from './state-subject.ts'
import { type Amount, collect, recorder, type SubjectFactory, type TestFunction, withSubject } from './subject.ts'

/** What of a task's state is in its database, and when. */
export function databaseContract(test: TestFunction, factory: SubjectFactory): void {
  const over = stateTests(test, factory)

  over('keeps what was committed, and only that', { stores: [KEY_VALUE] }, async (state, _engine, subject) => {
    const written: ChangelogRecord[] = []
    const store = state.keyValue<string, string>('plain')
    store.changelog = recorder(written)
    store.put('a', '1')
    store.put('b', '2')
    store.delete('a')
    store.put('', 'empty key')
    await state.commit({ changelogs: { 'log/0': 4 }, inputs: { 'in/0': 9 } })
    store.put('c', '3')
    await state.close()
    assert.deepEqual(
      written.map(({ key, value, timestamp }) => [key.toString(), value?.toString(), timestamp]),
      [
        ['a', '1', -1],
        ['b', '2', -1],
        ['a', undefined, -1],
        ['', 'empty key', -1],
        ['c', '3', -1],
      ],
    )
    const again = await openTaskState({ engine: subject.engine(), stores: [KEY_VALUE] })
    assert.deepEqual(again.checkpoint, { changelogs: { 'log/0': 4 }, inputs: { 'in/0': 9 } })
    const reopened = again.keyValue<string, string>('plain')
    assert.equal(reopened.get('b'), '2')
    assert.equal(reopened.get('c'), undefined)
    assert.deepEqual(await collect(reopened.range()), [
      ['', 'empty key'],
      ['b', '2'],
    ])
    assert.deepEqual(await collect(reopened.range('', 'a', 'reverse')), [['', 'empty key']])
    await again.close()
  })

  over(
    'a failed commit leaves everything uncommitted, and can be repeated',
    { stores: [FIRST] },
    async (state, engine, subject) => {
      const store = state.timestamped<string, Amount>('first')
      store.put('a', { amount: 1 }, 1, [])
      await state.flush()
      engine.failure = new Error('disk full')
      await assert.rejects(state.commit({ changelogs: { 'c/0': 1 }, inputs: {} }), engine.failure)
      engine.failure = undefined
      assert.equal(state.dirty, true)
      assert.equal(state.checkpoint, null)
      store.put('b', { amount: 2 }, 2, [])
      await state.flush()
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
    await state.flush()
    const before = engine.batches.length
    await state.commit(NOTHING)
    assert.equal(engine.batches.length, before + 1)
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
        await state.flush()
        await state.commit(NOTHING)
      })
      await run([KEY_VALUE, SECOND, FIRST], async (state) => {
        assert.equal(state.timestamped<string, Amount>('first').get('a')?.value.amount, 1)
        assert.equal(state.timestamped<string, Amount>('second').get('a'), undefined)
        assert.equal(state.keyValue<string, string>('plain').get('a'), undefined)
        state.timestamped<string, Amount>('second').put('a', { amount: 2 }, 1, [])
        await state.flush()
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

  over('a wipe leaves no marks and no times', { stores: [WINDOWS, PAGED] }, async (state) => {
    for (const name of ['windows', 'paged']) {
      const store = state.window<string, Amount>(name)
      store.put('a', 500, { amount: 1 }, 1, [])
      store.marks.set(1, 7)
    }
    await state.flush()
    await state.commit(NOTHING)
    await state.wipe()
    for (const name of ['windows', 'paged']) {
      const store = state.window<string, Amount>(name)
      assert.deepEqual([name, store.marks.get(1), store.observedStart], [name, undefined, Number.NEGATIVE_INFINITY])
    }
  })

  over('a wipe that was interrupted is finished by the next opening', { stores: [FIRST] }, async (state, engine, subject) => {
    const store = state.timestamped<string, Amount>('first')
    store.put('a', { amount: 1 }, 1, [])
    await state.flush()
    await state.commit(NOTHING)
    engine.clearFailure = new Error('killed')
    await assert.rejects(state.wipe(), engine.clearFailure)
    await state.close()
    const again = await openTaskState({ engine: subject.engine(), stores: [FIRST] })
    assert.equal(again.checkpoint, null)
    assert.equal(again.timestamped('first').get('a'), undefined)
    await again.close()
  })
}
