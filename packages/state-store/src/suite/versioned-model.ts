import assert from 'node:assert/strict'
import type * as FastCheck from 'fast-check'
import { openTaskState } from '../open-task-state.ts'
import type { VersionedDefinition } from '../stores/definition.ts'
import type { VersionedStore } from '../stores/store.ts'
import type { ChangelogRecord, TaskState } from '../task-state.ts'
import { checkHistories, type Step, stepsOf } from './history.ts'
import { NOTHING } from './state-subject.ts'
import {
  type Amount,
  amountCodec,
  binaryAmountCodec,
  collect,
  recorder,
  type Subject,
  type SubjectFactory,
  textCodec,
} from './subject.ts'

const KEYS = ['', 'a', 'ab']

interface Setting {
  readonly cacheMaxBytes: number
  readonly historyRetention: number
  readonly binary: boolean
}

/** Random histories of a versioned store, against a plain list of all that was ever put. */
export async function checkVersionedModel(fc: typeof FastCheck, factory: SubjectFactory, runs: number): Promise<void> {
  const setting = fc.record({
    cacheMaxBytes: fc.constantFrom(0, 2000, 1_000_000),
    historyRetention: fc.constantFrom(0, 25, 120),
    binary: fc.boolean(),
  })
  await checkHistories(fc, factory, runs, {
    steps: steps(fc),
    length: { maxLength: 60 },
    setting,
    over: (subject, chosen) => new CheckedVersions(subject, chosen),
  })
}

function steps(fc: typeof FastCheck): FastCheck.Arbitrary<Step<CheckedVersions>> {
  const step = stepsOf<CheckedVersions>(fc)
  const key = fc.constantFrom(...KEYS)
  const time = fc.oneof(
    fc.nat({ max: 300 }),
    fc.nat({ max: 5 }).map((i) => i * 1990),
  )
  const amount = fc.option(fc.integer({ min: -100, max: 100 }))
  return fc.oneof(
    step(12, 'put', (store, ...write) => store.put(...write), key, amount, time),
    step(6, 'as of', (store, ...read) => store.checkAsOf(...read), key, time),
    step(3, 'all', (store) => store.checkAll()),
    step(4, 'commit', (store) => store.commit()),
    step(1, 'discard', (store) => store.discard()),
    step(1, 'reopen', (store) => store.reopen()),
    step(1, 'rebuild', (store) => store.rebuild()),
  )
}

type Put = readonly [key: string, amount: number | null, timestamp: number]

class CheckedVersions {
  readonly #subject: Subject
  readonly #setting: Setting
  readonly #definition: VersionedDefinition<string, Amount>
  #state!: TaskState
  #store!: VersionedStore<string, Amount>
  readonly #changelog: ChangelogRecord[] = []
  #committedLength = 0
  /** All that was accepted, in order. */
  #puts: Put[] = []
  #committed: Put[] = []

  constructor(subject: Subject, setting: Setting) {
    this.#subject = subject
    this.#setting = setting
    const { historyRetention, binary } = setting
    const codecs = { key: textCodec, value: binary ? binaryAmountCodec : amountCodec }
    this.#definition = { kind: 'versioned', name: 'versions', ...codecs, caching: false, historyRetention }
  }

  async open(): Promise<void> {
    const { cacheMaxBytes } = this.#setting
    this.#state = await openTaskState({ engine: this.#subject.engine(), stores: [this.#definition], cacheMaxBytes })
    this.#store = this.#state.versioned('versions')
    this.#store.changelog = recorder(this.#changelog)
    assert.equal(this.#store.observedTime, this.#observed)
  }

  close(): Promise<void> {
    return this.#state.close()
  }

  put(key: string, amount: number | null, timestamp: number): void {
    const result = this.#store.put(key, amount === null ? null : { amount }, timestamp)
    if (timestamp < this.#horizon) {
      assert.equal(result, 'expired')
      return
    }
    this.#puts.push([key, amount, timestamp])
    const newest = Math.max(...this.#puts.filter(([of]) => of === key).map(([, , at]) => at))
    assert.equal(result, timestamp === newest ? 'latest' : 'outdated')
  }

  checkAsOf(key: string, time: number): void {
    const versions = this.#versions(key)
    const latest = versions.at(-1)
    assert.deepEqual(this.#store.get(key), pair(latest))
    const valid = versions.findLast(([timestamp]) => timestamp <= time)
    const seen = time >= this.#horizon || valid === latest
    assert.deepEqual(this.#store.getAsOf(key, time), seen ? pair(valid) : undefined)
    const history = versions.flatMap(([validFrom, amount], index) => {
      const validTo = versions[index + 1]?.[0] ?? null
      const stretch = 2000
      const gone = amount === null || (validTo !== null && Math.floor(validTo / stretch) < Math.floor(this.#horizon / stretch))
      return gone ? [] : [{ value: { amount }, validFrom, validTo }]
    })
    assert.deepEqual(this.#store.versions(key), history)
  }

  async checkAll(): Promise<void> {
    const expected = KEYS.flatMap((key) => {
      const latest = pair(this.#versions(key).at(-1))
      return latest === undefined ? [] : [[key, latest]]
    })
    assert.deepEqual(await collect(this.#store.all()), expected)
  }

  async commit(): Promise<void> {
    await this.#state.flush()
    await this.#state.commit(NOTHING)
    this.#committed = [...this.#puts]
    this.#committedLength = this.#changelog.length
  }

  discard(): void {
    this.#state.discard()
    this.#discarded()
  }

  async reopen(): Promise<void> {
    await this.#state.close()
    this.#discarded()
    await this.open()
  }

  /** From the changelog as compaction leaves it. */
  async rebuild(): Promise<void> {
    this.discard()
    await this.#state.wipe()
    const latest = new Map(this.#changelog.map((record) => [Buffer.from(record.key).toString('latin1'), record]))
    await this.#state.restore('versions', [...latest.values()], NOTHING)
    assert.equal(this.#store.observedTime, this.#observed)
  }

  get #observed(): number {
    return this.#puts.reduce((greatest, [, , timestamp]) => Math.max(greatest, timestamp), Number.NEGATIVE_INFINITY)
  }

  get #horizon(): number {
    return this.#observed - this.#setting.historyRetention
  }

  /** The last put of each timestamp, ascending. */
  #versions(key: string): readonly (readonly [timestamp: number, amount: number | null])[] {
    const byTime = new Map<number, number | null>()
    for (const [of, amount, timestamp] of this.#puts) if (of === key) byTime.set(timestamp, amount)
    return [...byTime].sort((a, b) => a[0] - b[0])
  }

  #discarded(): void {
    this.#puts = [...this.#committed]
    this.#changelog.length = this.#committedLength
  }
}

function pair(version: readonly [number, number | null] | undefined): unknown {
  return version === undefined || version[1] === null ? undefined : { value: { amount: version[1] }, timestamp: version[0] }
}
