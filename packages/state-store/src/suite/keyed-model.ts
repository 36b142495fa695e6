import assert from 'node:assert/strict'
import type * as FastCheck from 'fast-check'
import { openTaskState } from '../open-task-state.ts'
import type { StoreDefinition } from '../stores/definition.ts'
import type { Direction, TimestampedStore } from '../stores/store.ts'
import type { TaskState } from '../task-state.ts'
import { checkHistories, type Step, stepsOf } from './history.ts'
import { ModelMap } from './model-map.ts'
import { NOTHING } from './state-subject.ts'
import {
  type Amount,
  amountCodec,
  binaryAmountCodec,
  bytesKeyCodec,
  collect,
  recorder,
  type Subject,
  type SubjectFactory,
  textCodec,
} from './subject.ts'

/** Keys whose order by UTF-8 bytes differs from that by UTF-16 units, prefixes of each other, and the empty one. */
const KEYS = ['', 'a', 'a\0', 'ab', 'é', '\uffee', '\u{1f600}']

const DEFINITIONS: readonly StoreDefinition<string, Amount>[] = [
  { kind: 'timestamped', name: 'cached', key: textCodec, value: amountCodec, caching: true },
  { kind: 'timestamped', name: 'written-through', key: bytesKeyCodec, value: binaryAmountCodec, caching: false },
]

type Version = readonly [amount: number, timestamp: number]

interface Setting {
  readonly cacheMaxBytes: number
  readonly previousWanted: boolean
  readonly watchful: boolean
}

/** Random histories of two stores, against plain maps: what is read, what the changelog and the listener get, what survives. */
export async function checkKeyedModel(fc: typeof FastCheck, factory: SubjectFactory, runs: number): Promise<void> {
  const setting = fc.record({
    cacheMaxBytes: fc.constantFrom(0, 2000, 1_000_000),
    previousWanted: fc.boolean(),
    watchful: fc.boolean(),
  })
  await checkHistories(fc, factory, runs, {
    steps: steps(fc),
    length: { minLength: 20, maxLength: 100 },
    setting,
    over: (subject, chosen) => new KeyedStores(subject, chosen),
  })
}

function steps(fc: typeof FastCheck): FastCheck.Arbitrary<Step<KeyedStores>> {
  const store = fc.nat({ max: DEFINITIONS.length - 1 })
  const key = fc.constantFrom(...KEYS)
  const bound = fc.option(key, { nil: undefined })
  const amount = fc.integer({ min: -100, max: 100 })
  const timestamp = fc.integer({ min: -1, max: 2 ** 45 })
  const direction = fc.constantFrom<Direction>('forward', 'reverse')
  const step = stepsOf<KeyedStores>(fc)
  return fc.oneof(
    step(8, 'put', (stores, ...write) => stores.put(...write), store, key, amount, timestamp),
    step(3, 'changeInPlace', (stores, ...write) => stores.changeInPlace(...write), store, key, timestamp),
    step(3, 'delete', (stores, ...write) => stores.delete(...write), store, key, timestamp),
    step(3, 'get', (stores, ...read) => stores.checkGet(...read), store, key),
    step(3, 'getFlushed', (stores, ...read) => stores.checkGetFlushed(...read), store, key),
    step(2, 'range', (stores, ...read) => stores.checkRange(...read), store, bound, bound, direction),
    step(2, 'flush', (stores) => stores.flush()),
    step(2, 'commit', (stores) => stores.commit()),
    step(1, 'discard', (stores) => stores.discard()),
    step(1, 'reopen', (stores) => stores.reopen()),
    step(1, 'rebuild', (stores) => stores.rebuild()),
  )
}

/** One store and what it should hold. */
class Checked {
  readonly definition: StoreDefinition<string, Amount>
  readonly model: ModelMap<Version>
  store!: TimestampedStore<string, Amount>

  constructor(definition: StoreDefinition<string, Amount>) {
    this.definition = definition
    this.model = new ModelMap(definition.caching, (key, version, timestamp) => {
      const value = version === undefined ? null : Buffer.from(definition.value.encode({ amount: version[0] }))
      return { key: Buffer.from(key), value, timestamp }
    })
  }

  range(from: string | undefined, to: string | undefined, direction: Direction): unknown[] {
    const found = [...this.model.current]
      .filter(([key]) => (from === undefined || compareBytes(from, key) <= 0) && (to === undefined || compareBytes(key, to) <= 0))
      .sort(([a], [b]) => compareBytes(a, b))
      .map(([key, [amount, timestamp]]) => [key, { value: { amount }, timestamp }])
    return direction === 'reverse' ? found.reverse() : found
  }
}

class KeyedStores {
  readonly #subject: Subject
  readonly #setting: Setting
  readonly #checked = DEFINITIONS.map((definition) => new Checked(definition))
  #state!: TaskState
  #told: unknown[] = []
  #commits = 0

  constructor(subject: Subject, setting: Setting) {
    this.#subject = subject
    this.#setting = setting
  }

  async open(): Promise<void> {
    const { cacheMaxBytes, previousWanted } = this.#setting
    this.#state = await openTaskState({ engine: this.#subject.engine(), stores: DEFINITIONS, cacheMaxBytes })
    assert.deepEqual(this.#state.checkpoint, this.#commits === 0 ? null : this.#checkpoint())
    for (const checked of this.#checked) {
      checked.store = this.#state.timestamped(checked.definition.name)
      checked.store.changelog = recorder(checked.model.changelog)
      checked.store.previousWanted = previousWanted
      checked.store.onFlush = (key, next, previous, timestamp) => {
        this.#told.push(structuredClone([key, next, previous, timestamp]))
      }
    }
  }

  close(): Promise<void> {
    return this.#state.close()
  }

  put(at: number, key: string, amount: number, timestamp: number): void {
    this.#at(at).store.put(key, { amount }, timestamp, [])
    this.#at(at).model.write(key, [amount, timestamp], timestamp)
  }

  changeInPlace(at: number, key: string, timestamp: number): void {
    const value = this.#at(at).store.get(key)?.value
    if (value === undefined) return
    value.amount++
    this.#at(at).store.put(key, value, timestamp, [])
    this.#at(at).model.write(key, [value.amount, timestamp], timestamp)
  }

  delete(at: number, key: string, timestamp: number): void {
    this.#at(at).store.delete(key, timestamp, [])
    this.#at(at).model.write(key, undefined, timestamp)
  }

  checkGet(at: number, key: string): void {
    const found = this.#at(at).store.get(key)
    assert.deepEqual(found && [found.value.amount, found.timestamp], this.#at(at).model.current.get(key))
  }

  checkGetFlushed(at: number, key: string): void {
    const found = this.#at(at).store.getFlushed(key)
    assert.deepEqual(found && [found.value.amount, found.timestamp], this.#at(at).model.flushed.get(key))
  }

  async checkAll(): Promise<void> {
    for (const at of DEFINITIONS.keys()) {
      for (const key of KEYS) {
        this.checkGet(at, key)
        this.checkGetFlushed(at, key)
      }
      await this.checkRange(at, undefined, undefined, 'forward')
    }
  }

  async checkRange(at: number, from: string | undefined, to: string | undefined, direction: Direction): Promise<void> {
    const found = await collect(this.#at(at).store.range(from, to, direction))
    assert.deepEqual(found, this.#at(at).range(from, to, direction))
  }

  async flush(): Promise<void> {
    const { previousWanted } = this.#setting
    const expected = this.#checked.map(({ model }) => model.flush())
    this.#told = []
    await this.#state.flush()
    assert.deepEqual(
      this.#told,
      expected
        .flatMap(({ changes }) => changes)
        .map(({ id, next, previous, timestamp }) => [
          id,
          amountOf(next),
          previousWanted ? amountOf(previous) : undefined,
          timestamp,
        ]),
    )
    assert.deepEqual(
      this.#checked.map(({ model }) => model.changelog),
      expected.map(({ changelog }) => changelog),
    )
  }

  async commit(): Promise<void> {
    await this.flush()
    this.#commits++
    await this.#state.commit(this.#checkpoint())
    this.#assertClean()
    for (const { model } of this.#checked) model.committed()
  }

  discard(): void {
    this.#state.discard()
    for (const { model } of this.#checked) model.discarded()
    this.#assertClean()
    assert.equal(this.#state.cachedBytes, 0)
  }

  async reopen(): Promise<void> {
    await this.#state.close()
    for (const { model } of this.#checked) model.discarded()
    await this.open()
  }

  /** From the changelogs, as a task does whose database was lost. */
  async rebuild(): Promise<void> {
    this.discard()
    await this.#state.wipe()
    this.#commits++
    for (const { definition, model } of this.#checked) {
      const { changelog } = model
      const half = changelog.length >> 1
      await this.#state.restore(definition.name, changelog.slice(0, half), NOTHING)
      await this.#state.restore(definition.name, changelog.slice(half), this.#checkpoint())
    }
  }

  #assertClean(): void {
    assert.equal(this.#state.dirty, false)
    assert.equal(this.#state.needsCommit, false)
  }

  #at(index: number): Checked {
    return this.#checked[index] as Checked
  }

  #checkpoint(): { changelogs: Record<string, number>; inputs: Record<string, number> } {
    return { changelogs: {}, inputs: { 'in/0': this.#commits } }
  }
}

function amountOf(version: Version | undefined): Amount | undefined {
  return version === undefined ? undefined : { amount: version[0] }
}

function compareBytes(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b))
}
