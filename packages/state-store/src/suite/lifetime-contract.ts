import assert from 'node:assert/strict'
import { openTaskState } from '../open-task-state.ts'
import type { StoreDefinition } from '../stores/definition.ts'
import type { ChangelogRecord } from '../task-state.ts'
import { KEY_VALUE, NOTHING, stateTests } from './state-subject.ts'
import { collect, recorder, type SubjectFactory, type TestFunction, textCodec, withSubject } from './subject.ts'

const HOUR = 3_600_000
const EXPIRING: StoreDefinition<string, string> = { ...KEY_VALUE, kind: 'key-value', timeToLive: HOUR }
const IN_MEMORY: StoreDefinition<string, string> = { ...KEY_VALUE, storage: 'memory' }

/** How long entries live: time-to-live, and stores that are kept in memory. */
export function lifetimeContract(test: TestFunction, factory: SubjectFactory): void {
  const over = stateTests(test, factory)

  over(
    'an entry is gone when its time-to-live has passed, and lives on when it is put again',
    { stores: [EXPIRING] },
    async (state) => {
      let now = 0
      state.clock = () => now
      const store = state.keyValue<string, string>('plain')
      const written: ChangelogRecord[] = []
      store.changelog = recorder(written)
      store.put('a', '1')
      store.put('b', '1')
      now = HOUR - 1
      store.put('b', '2')
      assert.equal(store.get('a'), '1')
      now = HOUR
      assert.equal(store.get('a'), undefined)
      assert.equal(store.get('b'), '2')
      assert.deepEqual(await collect(store.range()), [['b', '2']])
      await state.flush()
      await state.commit(NOTHING)
      assert.deepEqual(await collect(store.range()), [['b', '2']])
      assert.equal(store.get('a'), undefined)
      assert.deepEqual(
        written.map(({ timestamp }) => timestamp),
        [0, 0, HOUR - 1],
      )
    },
  )

  over(
    'what has outlived its time leaves the database, and what was put meanwhile stays',
    { stores: [EXPIRING] },
    async (state, engine) => {
      let now = 1
      state.clock = () => now
      const store = state.keyValue<string, string>('plain')
      const commit = async (): Promise<void> => {
        await state.flush()
        await state.commit(NOTHING)
        // What is cleared is cleared beside the commits.
        await new Promise((resolve) => setImmediate(resolve))
      }
      for (let i = 0; i < 600; i++) store.put(`k${i}`, 'v')
      await commit()
      store.get('k7')
      await commit()
      now = 3 * HOUR
      store.put('k8', 'new')
      for (let tries = 0; tries < 200 && (await storedIn(engine)) > 1; tries++) {
        store.put('k8', 'new')
        await commit()
      }
      assert.equal(await storedIn(engine), 1)
      assert.equal(store.get('k8'), 'new')
      assert.equal(store.get('k7'), undefined)
      store.put('k7', 'again')
      await commit()
      assert.deepEqual(await collect(store.range()), [
        ['k7', 'again'],
        ['k8', 'new'],
      ])
    },
  )

  test('state: a store in memory commits and discards like others, and is empty after reopening', () =>
    withSubject(factory, async (subject) => {
      const open = () => openTaskState({ engine: subject.engine(), stores: [IN_MEMORY, { ...KEY_VALUE, name: 'durable' }] })
      const written: ChangelogRecord[] = []
      const state = await open()
      const store = state.keyValue<string, string>('plain')
      store.changelog = recorder(written)
      store.put('a', '1')
      state.keyValue<string, string>('durable').put('d', '1')
      await state.flush()
      await state.commit(NOTHING)
      store.put('a', '2')
      state.discard()
      assert.equal(store.get('a'), '1')
      await state.close()
      const again = await open()
      assert.equal(again.keyValue<string, string>('plain').get('a'), undefined)
      assert.equal(again.keyValue<string, string>('durable').get('d'), '1')
      await again.restore('plain', written.slice(0, 1), NOTHING)
      assert.equal(again.keyValue<string, string>('plain').get('a'), '1')
      await again.close()
    }))

  test('state: a store that moves to memory leaves nothing old behind for its return', () =>
    withSubject(factory, async (subject) => {
      const open = (storage: 'engine' | 'memory') =>
        openTaskState({ engine: subject.engine(), stores: [{ ...KEY_VALUE, kind: 'key-value', storage }] })
      const first = await open('engine')
      first.keyValue<string, string>('plain').put('old', '1')
      await first.flush()
      await first.commit(NOTHING)
      await first.close()
      await (await open('memory')).close()
      const back = await open('engine')
      assert.equal(back.keyValue<string, string>('plain').get('old'), undefined)
      await back.close()
    }))

  test('state: a time-to-live that comes or goes is refused, because entries are kept otherwise', () =>
    withSubject(factory, async (subject) => {
      const state = await openTaskState({ engine: subject.engine(), stores: [KEY_VALUE] })
      await state.close()
      await assert.rejects(openTaskState({ engine: subject.engine(), stores: [EXPIRING] }), { code: 'STATE_STORE_CHANGED' })
      const paged: StoreDefinition = {
        kind: 'window',
        name: 'plain',
        key: textCodec,
        value: textCodec,
        caching: false,
        size: 1,
        retention: 1,
      }
      await assert.rejects(openTaskState({ engine: subject.engine(), stores: [paged] }), { code: 'STATE_STORE_CHANGED' })
    }))
}

/** Entries of the stores in the database: their keys begin with the store's number, 1. */
async function storedIn(engine: {
  cursor(range: object): { next(max: number): Promise<readonly unknown[]>; close(): Promise<void> }
}): Promise<number> {
  const cursor = engine.cursor({ gte: Buffer.from([0, 1]), lt: Buffer.from([0, 2]) })
  const entries = await cursor.next(1000)
  await cursor.close()
  return entries.length
}
