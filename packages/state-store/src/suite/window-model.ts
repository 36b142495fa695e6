import assert from 'node:assert/strict'
import type * as FastCheck from 'fast-check'
import { openTaskState } from '../open-task-state.ts'
import type { WindowDefinition } from '../stores/definition.ts'
import type { Direction, WindowStore } from '../stores/store.ts'
import type { ChangelogRecord, TaskState } from '../task-state.ts'
import { checkHistories, type Step, stepsOf } from './history.ts'
import { ModelMap } from './model-map.ts'
import { NOTHING } from './state-subject.ts'
import { type Amount, amountCodec, collect, recorder, type Subject, type SubjectFactory, textCodec } from './subject.ts'

const KEYS = ['', 'a', 'a\0\0\0\0\0\0\0', '\u{1f600}']

type Version = readonly [amount: number, timestamp: number]

interface Setting {
  readonly cacheMaxBytes: number
  readonly caching: boolean
  readonly size: number
  readonly retention: number
  /** Absent: not paged. */
  readonly pageSpan?: number
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
  await checkHistories(fc, factory, runs, {
    steps: steps(fc),
    length: { minLength: 20, maxLength: 100 },
    setting,
    over: (subject, chosen) => new CheckedWindows(subject, chosen),
  })
}

function steps(fc: typeof FastCheck): FastCheck.Arbitrary<Step<CheckedWindows>> {
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
  const step = stepsOf<CheckedWindows>(fc)
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
  /** By start and key, as JSON. Entries that are out of retention stay, and are not to be seen. */
  readonly #model: ModelMap<Version>
  #observed = Number.NEGATIVE_INFINITY
  #committedObserved = Number.NEGATIVE_INFINITY

  constructor(subject: Subject, setting: Setting) {
    this.#subject = subject
    this.#setting = setting
    const { caching, size, retention, pageSpan } = setting
    this.#model = new ModelMap(caching, changelogRecord)
    const codecs = { key: textCodec, value: amountCodec }
    const paging = pageSpan === undefined ? {} : { pageSpan }
    this.#definition = { kind: 'window', name: 'windows', ...codecs, caching, size, retention, ...paging }
  }

  async open(): Promise<void> {
    const { cacheMaxBytes } = this.#setting
    this.#state = await openTaskState({ engine: this.#subject.engine(), stores: [this.#definition], cacheMaxBytes })
    this.#store = this.#state.window('windows')
    this.#store.changelog = recorder(this.#model.changelog)
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
    assert.deepEqual(found && [found.value.amount, found.timestamp], visible ? this.#model.current.get(at) : undefined)
    const flushed = this.#store.getFlushed(key, start)
    assert.deepEqual(flushed && [flushed.value.amount, flushed.timestamp], visible ? this.#model.flushed.get(at) : undefined)
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
    const { changes, changelog } = this.#model.flush()
    this.#told = []
    await this.#state.flush()
    assert.deepEqual(
      this.#told,
      changes.map(({ id, next, previous, timestamp }) => {
        const [start, key] = JSON.parse(id) as [number, string]
        return [key, start, next && { amount: next[0] }, previous && { amount: previous[0] }, timestamp]
      }),
    )
    assert.deepEqual(this.#model.changelog, changelog)
  }

  async commit(): Promise<void> {
    await this.flush()
    await this.#state.commit(NOTHING)
    this.#model.committed()
    this.#committedObserved = this.#observed
    assert.equal(this.#state.dirty, false)
    assert.equal(this.#state.needsCommit, false)
    assert.ok(this.#state.cachedBytes >= 0)
  }

  discard(): void {
    this.#state.discard()
    this.#discarded()
    assert.equal(this.#store.observedStart, this.#observed)
    assert.equal(this.#state.cachedBytes, 0)
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
    const { changelog } = this.#model
    const half = changelog.length >> 1
    await this.#state.restore('windows', changelog.slice(0, half), NOTHING)
    await this.#state.restore('windows', changelog.slice(half), NOTHING)
    assert.ok(this.#store.observedStart <= this.#observed)
    this.#observed = this.#store.observedStart
    this.#committedObserved = this.#observed
    this.#model.restored((id) => this.#isVisible((JSON.parse(id) as [number, string])[0]))
  }

  #write(key: string, start: number, version: Version | undefined, timestamp: number): void {
    if (!this.#isVisible(start)) return
    this.#observed = Math.max(this.#observed, start)
    const id = JSON.stringify([start, key])
    // Paged stores know what is there before they delete it.
    if (this.#setting.pageSpan !== undefined && version === undefined && !this.#model.current.has(id)) return
    this.#model.write(id, version, timestamp)
    assert.equal(this.#store.observedStart, this.#observed)
  }

  #isVisible(start: number): boolean {
    return start > this.#observed - this.#setting.retention
  }

  #rows(from: number, to: number): [key: string, start: number, pair: unknown][] {
    const rows: [string, number, unknown][] = []
    for (const [id, [amount, timestamp]] of this.#model.current) {
      const [start, key] = JSON.parse(id) as [number, string]
      if (start >= from && start <= to && this.#isVisible(start)) rows.push([key, start, { value: { amount }, timestamp }])
    }
    return rows.sort((a, b) => a[1] - b[1] || Buffer.compare(Buffer.from(a[0]), Buffer.from(b[0])))
  }

  #discarded(): void {
    this.#observed = this.#committedObserved
    this.#model.discarded()
  }
}

/** Key bytes, then the window start in 8 bytes. */
function changelogRecord(id: string, version: Version | undefined, timestamp: number): ChangelogRecord {
  const [start, key] = JSON.parse(id) as [number, string]
  const startBytes = Buffer.alloc(8)
  startBytes.writeBigInt64BE(BigInt(start))
  const value = version === undefined ? null : Buffer.from(`{"amount":${version[0]}}`)
  return { key: Buffer.concat([Buffer.from(key), startBytes]), value, timestamp }
}
