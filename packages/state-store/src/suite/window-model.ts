import assert from 'node:assert/strict'
import type * as FastCheck from 'fast-check'
import { openTaskState } from '../open-task-state.ts'
import type { WindowDefinition } from '../stores/definition.ts'
import type { Direction, WindowStore } from '../stores/store.ts'
import type { ChangelogRecord, TaskState } from '../task-state.ts'
import {
  type Amount,
  amountCodec,
  collect,
  recorder,
  type Subject,
  type SubjectFactory,
  textCodec,
  withSubject,
} from './subject.ts'

const KEYS = ['', 'a', 'a\0\0\0\0\0\0\0', '\u{1f600}']

type Version = readonly [amount: number, timestamp: number]

interface Setting {
  readonly cacheMaxBytes: number
  readonly caching: boolean
  readonly size: number
  readonly retention: number
  /** Absent: not paged. */
  readonly pageSpan?: number
  /** Look at everything after every step: finds what is wrong at once, but brings it all into the cache. */
  readonly watchful: boolean
}

/** Random histories of a window store, paged or not, against a plain map: the same as for keyed stores, and retention. */
export async function checkWindowModel(
  fc: typeof FastCheck,
  factory: SubjectFactory,
  runs: number,
  { paged }: { readonly paged: boolean },
): Promise<void> {
  const setting = fc.record({
    cacheMaxBytes: fc.constantFrom(0, 2000, 1_000_000),
    caching: fc.boolean(),
    size: fc.constantFrom(1, 10, 1000),
    retention: fc.constantFrom(1, 25, 120, Number.POSITIVE_INFINITY),
    ...(paged && { pageSpan: fc.constantFrom(1, 20, 1000) }),
    watchful: fc.boolean(),
  })
  await fc.assert(
    fc.asyncProperty(fc.array(steps(fc), { minLength: 20, maxLength: 100, size: 'max' }), setting, (history, chosen) =>
      withSubject(factory, async (subject) => {
        const store = new CheckedWindows(subject, chosen)
        await store.open()
        for (const step of history) {
          await step(store)
          if (chosen.watchful) await store.checkAll()
        }
        await store.checkAll()
        await store.close()
      }),
    ),
    { numRuns: runs },
  )
}

type Step = (store: CheckedWindows) => unknown

function steps(fc: typeof FastCheck): FastCheck.Arbitrary<Step> {
  const key = fc.constantFrom(...KEYS)
  const start = fc.oneof(
    { weight: 12, arbitrary: fc.nat({ max: 9 }).map((window) => window * 10) },
    { weight: 2, arbitrary: fc.nat({ max: 300 }) },
    { weight: 1, arbitrary: fc.constantFrom(2 ** 32, 2 ** 41 + 1) },
  )
  const bound = fc.oneof(fc.integer({ min: -5, max: 320 }), fc.constantFrom(2 ** 41, 2 ** 53, Number.NEGATIVE_INFINITY))
  const amount = fc.integer({ min: -100, max: 100 })
  const timestamp = fc.nat({ max: 1000 })
  const direction = fc.constantFrom<Direction>('forward', 'reverse')
  const step = <A extends unknown[]>(
    weight: number,
    name: string,
    run: (store: CheckedWindows, ...values: A) => unknown,
    ...values: { [I in keyof A]: FastCheck.Arbitrary<A[I]> }
  ): { weight: number; arbitrary: FastCheck.Arbitrary<Step> } => ({
    weight,
    arbitrary: fc.tuple(...values).map((chosen) => {
      const named: Step = (store) => run(store, ...(chosen as A))
      return Object.assign(named, {
        [fc.toStringMethod]: () => `${name}(${chosen.map((value) => JSON.stringify(value)).join(', ')})`,
      })
    }),
  })
  return fc.oneof(
    step(10, 'put', (store, ...write) => store.put(...write), key, start, amount, timestamp),
    step(4, 'changeInPlace', (store, ...write) => store.changeInPlace(...write), key, start, timestamp),
    step(3, 'delete', (store, ...write) => store.delete(...write), key, start, timestamp),
    step(4, 'get', (store, ...read) => store.checkGet(...read), key, start),
    step(3, 'fetch', (store, ...read) => store.checkFetch(...read), key, bound, bound, direction),
    step(2, 'fetchAll', (store, ...read) => store.checkFetchAll(...read), bound, bound),
    step(2, 'flush', (store) => store.flush()),
    step(3, 'commit', (store) => store.commit()),
    step(1, 'discard', (store) => store.discard()),
    step(1, 'reopen', (store) => store.reopen()),
    step(1, 'rebuild', (store) => store.rebuild()),
  )
}

class CheckedWindows {
  readonly #subject: Subject
  readonly #setting: Setting
  readonly #definition: WindowDefinition<string, Amount>
  #state!: TaskState
  #store!: WindowStore<string, Amount>
  #told: unknown[] = []
  readonly #changelog: ChangelogRecord[] = []
  #committedLength = 0
  /** By start and key, as JSON. Entries that are out of retention stay, and are not to be seen. */
  #current = new Map<string, Version>()
  #committed = new Map<string, Version>()
  #flushed = new Map<string, Version>()
  readonly #written = new Map<string, number>()
  #observed = Number.NEGATIVE_INFINITY
  #committedObserved = Number.NEGATIVE_INFINITY

  constructor(subject: Subject, setting: Setting) {
    this.#subject = subject
    this.#setting = setting
    const { caching, size, retention, pageSpan } = setting
    const codecs = { key: textCodec, value: amountCodec }
    const paging = pageSpan === undefined ? {} : { pageSpan }
    this.#definition = { kind: 'window', name: 'windows', ...codecs, caching, size, retention, ...paging }
  }

  async open(): Promise<void> {
    const { cacheMaxBytes } = this.#setting
    this.#state = await openTaskState({ engine: this.#subject.engine(), stores: [this.#definition], cacheMaxBytes })
    this.#store = this.#state.window('windows')
    this.#store.changelog = recorder(this.#changelog)
    this.#store.onFlush = (key, start, next, previous, timestamp) => {
      this.#told.push(structuredClone([key, start, next, previous, timestamp]))
    }
    assert.equal(this.#store.observedStart, this.#observed)
  }

  close(): Promise<void> {
    return this.#state.close()
  }

  put(key: string, start: number, amount: number, timestamp: number): void {
    this.#store.put(key, start, { amount }, timestamp, [])
    this.#write(key, start, [amount, timestamp], timestamp)
  }

  changeInPlace(key: string, start: number, timestamp: number): void {
    const value = this.#store.get(key, start)?.value
    if (value === undefined) return
    value.amount++
    this.#store.put(key, start, value, timestamp, [])
    this.#write(key, start, [value.amount, timestamp], timestamp)
  }

  delete(key: string, start: number, timestamp: number): void {
    this.#store.delete(key, start, timestamp, [])
    this.#write(key, start, undefined, timestamp)
  }

  checkGet(key: string, start: number): void {
    const at = JSON.stringify([start, key])
    const visible = this.#isVisible(start)
    const found = this.#store.get(key, start)
    assert.deepEqual(found && [found.value.amount, found.timestamp], visible ? this.#current.get(at) : undefined)
    const flushed = this.#store.getFlushed(key, start)
    assert.deepEqual(flushed && [flushed.value.amount, flushed.timestamp], visible ? this.#flushed.get(at) : undefined)
  }

  async checkAll(): Promise<void> {
    for (const key of KEYS) {
      await this.checkFetch(key, 0, Number.POSITIVE_INFINITY, 'forward')
      for (const [other, start] of this.#rows(0, Number.POSITIVE_INFINITY)) if (other === key) this.checkGet(key, start)
    }
    await this.checkFetchAll(0, Number.POSITIVE_INFINITY)
  }

  async checkFetch(key: string, from: number, to: number, direction: Direction): Promise<void> {
    const found = await collect(this.#store.fetch(key, from, to, direction))
    const expected = this.#rows(from, to)
      .filter((row) => row[0] === key)
      .map(([, start, pair]) => [start, pair])
    assert.deepEqual(found, direction === 'reverse' ? expected.toReversed() : expected)
    if (this.#setting.pageSpan === undefined || Math.min(to, this.#observed) > 1000) return
    const entries = this.#state.pagedWindow<string, Amount>('windows').entries(key, from, to)
    assert.deepEqual(
      entries.map(({ start, value, timestamp }) => [start, { value, timestamp }]),
      expected,
    )
  }

  async checkFetchAll(from: number, to: number): Promise<void> {
    assert.deepEqual(await collect(this.#store.fetchAll(from, to)), this.#rows(from, to))
  }

  async flush(): Promise<void> {
    const expected: unknown[] = []
    const log = [...this.#changelog]
    for (const [at, timestamp] of this.#written) {
      const [next, previous] = [this.#current.get(at), this.#flushed.get(at)]
      if (next === undefined && previous === undefined) continue
      log.push(changelogRecord(at, next, timestamp))
      const [start, key] = JSON.parse(at) as [number, string]
      expected.push([key, start, next && { amount: next[0] }, previous && { amount: previous[0] }, timestamp])
    }
    this.#flushed = new Map(this.#current)
    this.#written.clear()
    this.#told = []
    await this.#state.flush()
    assert.deepEqual(this.#told, expected)
    assert.deepEqual(this.#changelog, log)
  }

  async commit(): Promise<void> {
    await this.flush()
    await this.#state.commit({ changelogs: {}, inputs: {} })
    this.#committed = new Map(this.#current)
    this.#committedObserved = this.#observed
    this.#committedLength = this.#changelog.length
    assert.equal(this.#state.dirty, false)
    assert.equal(this.#state.needsCommit, false)
  }

  discard(): void {
    this.#state.discard()
    this.#discarded()
    assert.equal(this.#store.observedStart, this.#observed)
  }

  async reopen(): Promise<void> {
    await this.#state.close()
    this.#discarded()
    await this.open()
  }

  /** From the changelog; what was deleted before it was ever flushed has left no record there. */
  async rebuild(): Promise<void> {
    this.discard()
    await this.#state.wipe()
    const half = this.#changelog.length >> 1
    await this.#state.restore('windows', this.#changelog.slice(0, half), { changelogs: {}, inputs: {} })
    await this.#state.restore('windows', this.#changelog.slice(half), { changelogs: {}, inputs: {} })
    assert.ok(this.#store.observedStart <= this.#observed)
    this.#observed = this.#store.observedStart
    this.#committedObserved = this.#observed
    const visible = [...this.#committed].filter(([at]) => this.#isVisible((JSON.parse(at) as [number, string])[0]))
    this.#committed = new Map(visible)
    this.#discarded()
  }

  #write(key: string, start: number, version: Version | undefined, timestamp: number): void {
    if (!this.#isVisible(start)) return
    this.#observed = Math.max(this.#observed, start)
    const at = JSON.stringify([start, key])
    // Paged stores know what is there before they delete it.
    if (this.#setting.pageSpan !== undefined && version === undefined && !this.#current.has(at)) return
    set(this.#current, at, version)
    if (this.#setting.caching) {
      this.#written.delete(at)
      this.#written.set(at, timestamp)
    } else {
      set(this.#flushed, at, version)
      assert.deepEqual(this.#changelog.at(-1), changelogRecord(at, version, timestamp))
    }
    assert.equal(this.#store.observedStart, this.#observed)
  }

  #isVisible(start: number): boolean {
    return start > this.#observed - this.#setting.retention
  }

  #rows(from: number, to: number): [key: string, start: number, pair: unknown][] {
    const rows: [string, number, unknown][] = []
    for (const [at, [amount, timestamp]] of this.#current) {
      const [start, key] = JSON.parse(at) as [number, string]
      if (start >= from && start <= to && this.#isVisible(start)) rows.push([key, start, { value: { amount }, timestamp }])
    }
    return rows.sort((a, b) => a[1] - b[1] || Buffer.compare(Buffer.from(a[0]), Buffer.from(b[0])))
  }

  #discarded(): void {
    this.#observed = this.#committedObserved
    this.#current = new Map(this.#committed)
    this.#flushed = new Map(this.#committed)
    this.#written.clear()
    this.#changelog.length = this.#committedLength
  }
}

/** Key bytes, then the window start in 8 bytes. */
function changelogRecord(at: string, version: Version | undefined, timestamp: number): ChangelogRecord {
  const [start, key] = JSON.parse(at) as [number, string]
  const startBytes = Buffer.alloc(8)
  startBytes.writeBigInt64BE(BigInt(start))
  const value = version === undefined ? null : Buffer.from(`{"amount":${version[0]}}`)
  return { key: Buffer.concat([Buffer.from(key), startBytes]), value, timestamp }
}

function set<K, V>(map: Map<K, V>, key: K, value: V | undefined): void {
  if (value === undefined) map.delete(key)
  else map.set(key, value)
}
