import assert from 'node:assert/strict'
import type * as FastCheck from 'fast-check'
import { openTaskState } from '../open-task-state.ts'
import type { StoreDefinition } from '../stores/definition.ts'
import type { Direction, TimestampedStore } from '../stores/store.ts'
import type { ChangelogRecord, TaskState } from '../task-state.ts'
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
  withSubject,
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
  /** Look at everything after every step: finds what is wrong at once, but brings it all into the cache. */
  readonly watchful: boolean
}

/** Random histories of two stores, against plain maps: what is read, what the changelog and the listener get, what survives. */
export async function checkKeyedModel(fc: typeof FastCheck, factory: SubjectFactory, runs: number): Promise<void> {
  const setting = fc.record({
    cacheMaxBytes: fc.constantFrom(0, 2000, 1_000_000),
    previousWanted: fc.boolean(),
    watchful: fc.boolean(),
  })
  await fc.assert(
    fc.asyncProperty(fc.array(steps(fc), { minLength: 20, maxLength: 100, size: 'max' }), setting, (history, chosen) =>
      withSubject(factory, async (subject) => {
        const stores = new KeyedStores(subject, chosen)
        await stores.open()
        for (const step of history) {
          await step(stores)
          if (chosen.watchful) await stores.checkAll()
        }
        await stores.checkAll()
        await stores.close()
      }),
    ),
    { numRuns: runs },
  )
}

type Step = (stores: KeyedStores) => unknown

function steps(fc: typeof FastCheck): FastCheck.Arbitrary<Step> {
  const store = fc.nat({ max: DEFINITIONS.length - 1 })
  const key = fc.constantFrom(...KEYS)
  const bound = fc.option(key, { nil: undefined })
  const amount = fc.integer({ min: -100, max: 100 })
  const timestamp = fc.integer({ min: -1, max: 2 ** 45 })
  const direction = fc.constantFrom<Direction>('forward', 'reverse')
  const step = <A extends unknown[]>(
    weight: number,
    name: string,
    run: (stores: KeyedStores, ...values: A) => unknown,
    ...values: { [I in keyof A]: FastCheck.Arbitrary<A[I]> }
  ): { weight: number; arbitrary: FastCheck.Arbitrary<Step> } => ({
    weight,
    arbitrary: fc.tuple(...values).map((chosen) => {
      const named: Step = (stores) => run(stores, ...(chosen as A))
      return Object.assign(named, {
        [fc.toStringMethod]: () => `${name}(${chosen.map((value) => JSON.stringify(value)).join(', ')})`,
      })
    }),
  })
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
  store!: TimestampedStore<string, Amount>
  current = new Map<string, Version>()
  committed = new Map<string, Version>()
  /** As of the last flush. */
  flushed = new Map<string, Version>()
  /** Timestamp of the last write of each key since the last flush, oldest first. */
  readonly written = new Map<string, number>()
  /** What the store has written to its changelog, and how much of that is committed. */
  changelog: ChangelogRecord[] = []
  committedLength = 0

  constructor(definition: StoreDefinition<string, Amount>) {
    this.definition = definition
  }

  write(key: string, version: Version | undefined, timestamp: number): void {
    set(this.current, key, version)
    if (this.definition.caching) {
      this.written.delete(key)
      this.written.set(key, timestamp)
    } else {
      set(this.flushed, key, version)
      assert.deepEqual(this.changelog.at(-1), this.record(key, version, timestamp))
    }
  }

  record(key: string, version: Version | undefined, timestamp: number): ChangelogRecord {
    const value = version === undefined ? null : Buffer.from(this.definition.value.encode({ amount: version[0] }))
    return { key: Buffer.from(key), value, timestamp }
  }

  discarded(): void {
    this.current = new Map(this.committed)
    this.flushed = new Map(this.committed)
    this.written.clear()
    this.changelog.length = this.committedLength
  }

  range(from: string | undefined, to: string | undefined, direction: Direction): unknown[] {
    const found = [...this.current]
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
      checked.store.changelog = recorder(checked.changelog)
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
    this.#at(at).write(key, [amount, timestamp], timestamp)
  }

  changeInPlace(at: number, key: string, timestamp: number): void {
    const value = this.#at(at).store.get(key)?.value
    if (value === undefined) return
    value.amount++
    this.#at(at).store.put(key, value, timestamp, [])
    this.#at(at).write(key, [value.amount, timestamp], timestamp)
  }

  delete(at: number, key: string, timestamp: number): void {
    this.#at(at).store.delete(key, timestamp, [])
    this.#at(at).write(key, undefined, timestamp)
  }

  checkGet(at: number, key: string): void {
    const found = this.#at(at).store.get(key)
    assert.deepEqual(found && [found.value.amount, found.timestamp], this.#at(at).current.get(key))
  }

  checkGetFlushed(at: number, key: string): void {
    const found = this.#at(at).store.getFlushed(key)
    assert.deepEqual(found && [found.value.amount, found.timestamp], this.#at(at).flushed.get(key))
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
    const expected: unknown[] = []
    const logs = this.#checked.map(({ changelog }) => [...changelog])
    for (const [i, checked] of this.#checked.entries()) {
      for (const [key, timestamp] of checked.written) {
        const [next, previous] = [checked.current.get(key), checked.flushed.get(key)]
        if (next === undefined && previous === undefined) continue
        logs[i]?.push(checked.record(key, next, timestamp))
        expected.push([key, amountOf(next), this.#setting.previousWanted ? amountOf(previous) : undefined, timestamp])
      }
      checked.flushed = new Map(checked.current)
      checked.written.clear()
    }
    this.#told = []
    await this.#state.flush()
    assert.deepEqual(this.#told, expected)
    assert.deepEqual(
      this.#checked.map(({ changelog }) => changelog),
      logs,
    )
  }

  async commit(): Promise<void> {
    await this.flush()
    this.#commits++
    await this.#state.commit(this.#checkpoint())
    this.#assertClean()
    for (const checked of this.#checked) {
      checked.committed = new Map(checked.current)
      checked.committedLength = checked.changelog.length
    }
  }

  discard(): void {
    this.#state.discard()
    for (const checked of this.#checked) checked.discarded()
    this.#assertClean()
    assert.equal(this.#state.cachedBytes, 0)
  }

  async reopen(): Promise<void> {
    await this.#state.close()
    for (const checked of this.#checked) checked.discarded()
    await this.open()
  }

  /** From the changelogs, as a task does whose database was lost. */
  async rebuild(): Promise<void> {
    this.discard()
    await this.#state.wipe()
    this.#commits++
    for (const { definition, changelog } of this.#checked) {
      const half = changelog.length >> 1
      await this.#state.restore(definition.name, changelog.slice(0, half), { changelogs: {}, inputs: {} })
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

function set<K, V>(map: Map<K, V>, key: K, value: V | undefined): void {
  if (value === undefined) map.delete(key)
  else map.set(key, value)
}

function compareBytes(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b))
}
