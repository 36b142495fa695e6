import assert from 'node:assert/strict'
import type * as FastCheck from 'fast-check'
import { openTaskState } from '../open-task-state.ts'
import type { SessionDefinition } from '../stores/definition.ts'
import type { SessionStore } from '../stores/store.ts'
import type { ChangelogRecord, TaskState } from '../task-state.ts'
import { checkHistories, type Step, stepsOf } from './history.ts'
import { ModelMap } from './model-map.ts'
import { NOTHING } from './state-subject.ts'
import { type Amount, amountCodec, collect, recorder, type Subject, type SubjectFactory, textCodec } from './subject.ts'

const KEYS = ['', 'a', 'a\0', 'a\0\0\0\0', 'ab', '\u{1f600}']

/** Of every write. */
const TIMESTAMP = 7

type Session = readonly [key: string, start: number, end: number, amount: number]

interface Setting {
  readonly cacheMaxBytes: number
  readonly caching: boolean
  readonly retention: number
  readonly storage: 'engine' | 'memory'
}

/** Random histories of a session store, against a plain list. */
export async function checkSessionModel(fc: typeof FastCheck, factory: SubjectFactory, runs: number): Promise<void> {
  const setting = fc.record({
    cacheMaxBytes: fc.constantFrom(0, 2000, 1_000_000),
    caching: fc.boolean(),
    retention: fc.constantFrom(1, 25, 120, Number.POSITIVE_INFINITY),
    storage: fc.constantFrom('engine' as const, 'memory' as const),
  })
  await checkHistories(fc, factory, runs, {
    steps: steps(fc),
    length: { maxLength: 60 },
    setting,
    over: (subject, chosen) => new CheckedSessions(subject, chosen),
  })
}

function steps(fc: typeof FastCheck): FastCheck.Arbitrary<Step<CheckedSessions>> {
  const step = stepsOf<CheckedSessions>(fc)
  const key = fc.constantFrom(...KEYS)
  const start = fc.oneof({ weight: 6, arbitrary: fc.nat({ max: 300 }) }, { weight: 1, arbitrary: fc.constant(2 ** 41) })
  const length = fc.constantFrom(0, 0, 1, 20)
  const bound = fc.oneof(fc.integer({ min: -5, max: 320 }), fc.constantFrom(Number.NEGATIVE_INFINITY, 2 ** 53))
  const amount = fc.integer({ min: -100, max: 100 })
  const many = fc.array(fc.tuple(fc.nat({ max: 300 }), amount), { minLength: 60, maxLength: 150 })
  return fc.oneof(
    step(10, 'put', (store, ...write) => store.put(...write), key, start, length, amount),
    step(1, 'putMany', (store, ...write) => store.putMany(...write), key, many),
    step(5, 'removeOne', (store, ...write) => store.removeOne(...write), fc.nat()),
    step(1, 'remove', (store, ...write) => store.remove(...write), key, start, length),
    step(4, 'find', (store, ...read) => store.checkFind(...read), key, bound, bound),
    step(2, 'all', (store) => store.checkAll()),
    step(2, 'mark', (store, ...write) => store.mark(...write), fc.nat({ max: 2 }), amount),
    step(2, 'flush', (store) => store.flush()),
    step(3, 'commit', (store) => store.commit()),
    step(1, 'discard', (store) => store.discard()),
    step(1, 'reopen', (store) => store.reopen()),
    step(1, 'rebuild', (store) => store.rebuild()),
  )
}

class CheckedSessions {
  readonly #subject: Subject
  readonly #setting: Setting
  readonly #definition: SessionDefinition<string, Amount>
  #state!: TaskState
  #store!: SessionStore<string, Amount>
  #told: unknown[] = []
  /** Amounts by `key`, `start`, `end` as JSON. */
  readonly #model: ModelMap<number>
  #observed = Number.NEGATIVE_INFINITY
  #committedObserved = Number.NEGATIVE_INFINITY
  #marks: (number | undefined)[] = []
  #committedMarks: (number | undefined)[] = []

  constructor(subject: Subject, setting: Setting) {
    this.#subject = subject
    this.#setting = setting
    const { caching, retention, storage } = setting
    this.#model = new ModelMap(caching, changelogRecord)
    this.#definition = { kind: 'session', name: 'sessions', key: textCodec, value: amountCodec, caching, retention, storage }
  }

  async open(): Promise<void> {
    const { cacheMaxBytes } = this.#setting
    this.#state = await openTaskState({ engine: this.#subject.engine(), stores: [this.#definition], cacheMaxBytes })
    this.#store = this.#state.session('sessions')
    this.#store.changelog = recorder(this.#model.changelog)
    this.#store.onFlush = (key, start, end, next, previous) => {
      this.#told.push(structuredClone([key, start, end, next?.amount, previous?.amount]))
    }
  }

  close(): Promise<void> {
    return this.#state.close()
  }

  put(key: string, start: number, length: number, amount: number): void {
    this.#store.put(key, start, start + length, { amount }, TIMESTAMP, [])
    this.#write(key, start, start + length, amount)
  }

  putMany(key: string, starts: readonly (readonly [number, number])[]): void {
    for (const [start, amount] of starts) this.put(key, start, 0, amount)
  }

  removeOne(which: number): void {
    const { current } = this.#model
    const id = [...current.keys()][which % Math.max(1, current.size)]
    if (id === undefined) return
    const [key, start, end] = JSON.parse(id) as [string, number, number]
    this.#store.remove(key, start, end, TIMESTAMP, [])
    this.#write(key, start, end, undefined)
  }

  remove(key: string, start: number, length: number): void {
    this.#store.remove(key, start, start + length, TIMESTAMP, [])
    this.#write(key, start, start + length, undefined)
  }

  mark(index: number, value: number): void {
    this.#store.marks.set(index, value)
    this.#marks[index] = value
  }

  checkFind(key: string, earliestEnd: number, latestStart: number): void {
    const found = this.#store.findSessions(key, earliestEnd, latestStart)
    const expected = this.#rows().filter(([of, start, end]) => of === key && end >= earliestEnd && start <= latestStart)
    assert.deepEqual(
      found.map(({ start, end, value }) => [key, start, end, value.amount]),
      expected,
    )
    for (const [, start, end, amount] of expected) assert.equal(this.#store.get(key, start, end)?.amount, amount)
    for (const at of [...this.#model.current.keys(), ...this.#model.flushed.keys()]) {
      const [of, start, end] = JSON.parse(at) as [string, number, number]
      const flushed = this.#isVisible(end) ? this.#model.flushed.get(at) : undefined
      assert.equal(this.#store.getFlushed(of, start, end)?.amount, flushed)
    }
    assert.deepEqual(
      [0, 1, 2].map((index) => this.#store.marks.get(index)),
      [0, 1, 2].map((index) => this.#marks[index]),
    )
  }

  async checkAll(): Promise<void> {
    const found = await collect(this.#store.all())
    const rows = found.map(([key, { start, end, value }]): Session => [key, start, end, value.amount])
    // Runs of many sessions may come in several pages.
    assert.deepEqual(rows.sort(bySession), this.#rows())
  }

  async flush(): Promise<void> {
    const { changes } = this.#model.flush()
    this.#told = []
    await this.#state.flush()
    assert.deepEqual(
      this.#told,
      changes.map(({ id, next, previous }) => [...(JSON.parse(id) as unknown[]), next, previous]),
    )
  }

  async commit(): Promise<void> {
    await this.flush()
    await this.#state.commit(NOTHING)
    this.#model.committed()
    this.#committedObserved = this.#observed
    this.#committedMarks = [...this.#marks]
    assert.equal(this.#state.dirty, false)
    assert.ok(this.#state.cachedBytes >= 0)
  }

  discard(): void {
    this.#state.discard()
    this.#discarded()
    assert.equal(this.#state.cachedBytes, 0)
  }

  /** What was in memory has to be restored. */
  async reopen(): Promise<void> {
    await this.#state.close()
    this.#discarded()
    await this.open()
    if (this.#setting.storage === 'memory') await this.#restore()
    else assert.equal(this.#store.observedEnd, this.#observed)
  }

  async rebuild(): Promise<void> {
    this.discard()
    await this.#state.wipe()
    await this.#restore()
  }

  async #restore(): Promise<void> {
    const { changelog } = this.#model
    const half = changelog.length >> 1
    await this.#state.restore('sessions', changelog.slice(0, half), NOTHING)
    await this.#state.restore('sessions', changelog.slice(half), NOTHING)
    assert.ok(this.#store.observedEnd <= this.#observed)
    // What was deleted before it was ever flushed has left no record.
    this.#observed = this.#store.observedEnd
    this.#committedObserved = this.#observed
    this.#model.restored((id) => this.#isVisible((JSON.parse(id) as Session)[2]))
    this.#marks = [...this.#committedMarks]
  }

  #write(key: string, start: number, end: number, amount: number | undefined): void {
    if (!this.#isVisible(end)) return
    this.#observed = Math.max(this.#observed, end)
    const id = JSON.stringify([key, start, end])
    if (amount !== undefined || this.#model.current.has(id)) this.#model.write(id, amount, TIMESTAMP)
  }

  #isVisible(end: number): boolean {
    return end > this.#observed - this.#setting.retention
  }

  #rows(): Session[] {
    const rows = [...this.#model.current].map(([id, amount]): Session => {
      const [key, start, end] = JSON.parse(id) as [string, number, number]
      return [key, start, end, amount]
    })
    return rows.filter(([, , end]) => this.#isVisible(end)).sort(bySession)
  }

  #discarded(): void {
    this.#observed = this.#committedObserved
    this.#model.discarded()
    this.#marks = [...this.#committedMarks]
  }
}

/** Key bytes, then end and start in 8 bytes each. */
function changelogRecord(id: string, amount: number | undefined, timestamp: number): ChangelogRecord {
  const [key, start, end] = JSON.parse(id) as [string, number, number]
  const times = Buffer.alloc(16)
  times.writeBigInt64BE(BigInt(end), 0)
  times.writeBigInt64BE(BigInt(start), 8)
  const value = amount === undefined ? null : Buffer.from(`{"amount":${amount}}`)
  return { key: Buffer.concat([Buffer.from(key), times]), value, timestamp }
}

function bySession(a: Session, b: Session): number {
  return Buffer.compare(Buffer.from(a[0]), Buffer.from(b[0])) || a[2] - b[2] || a[1] - b[1]
}
