import assert from 'node:assert/strict'
import type {
  Assignment,
  FetchedBatch,
  GroupMember,
  Log,
  LogReader,
  LogWriter,
  MemberInfo,
  MemberOptions,
  ReaderOptions,
  TopicSpec,
} from '../log.ts'
import type { LogRecord } from '../records/index.ts'
import { topicPartitionKey } from '../topic-partition.ts'

/** How long the suite waits for what must come, ms. Only failing tests wait that long. */
const PATIENCE_MS = 20_000

/** The log under test, with what its tests have in common. */
export class SuiteLog {
  readonly #open: () => Promise<Log>
  readonly #run: string = Math.random().toString(36).slice(2, 8)
  #log: Promise<Log> | undefined
  #names = 0

  constructor(open: () => Promise<Log>) {
    this.#open = open
  }

  get(): Promise<Log> {
    this.#log ??= this.#open()
    return this.#log
  }

  async close(): Promise<void> {
    await (await this.#log)?.close()
  }

  /** A name for a topic, a group or a transactional id that nothing else has. */
  name(what: string): string {
    return `suite-${this.#run}-${what}-${++this.#names}`
  }

  /** A new topic. */
  async topic(spec: Partial<TopicSpec> = {}): Promise<string> {
    const topic = this.name('topic')
    await (await this.get()).admin.createTopics([{ partitions: 1, cleanup: 'delete', retentionMs: -1, ...spec, topic }])
    return topic
  }

  async reader(
    positions: Readonly<Record<string, number>>,
    options: Partial<ReaderOptions> = {},
  ): Promise<LogReader & AsyncDisposable> {
    const reader = await (await this.get()).openReader({ name: 'suite', ...options })
    reader.assign(new Map(Object.entries(positions)))
    return disposable(reader)
  }

  /** A writer that knows the topics. */
  async writer(topics: readonly string[], transactionalId?: string): Promise<LogWriter & AsyncDisposable> {
    const writer = await (await this.get()).openWriter({
      name: 'suite',
      ...(transactionalId === undefined ? {} : { transactionalId }),
    })
    await writer.prepare(topics)
    return disposable(writer)
  }

  /** Writes the values to partition 0, without keys, and waits until they are acknowledged. */
  async write(topic: string, values: readonly string[], partition = 0): Promise<void> {
    await using writer = await this.writer([topic])
    for (const value of values) writer.append(topic, partition, 1000, null, value)
    await writer.commit()
  }

  /** The first `count` values of a partition from `from` on. */
  async read(topic: string, count: number, partition = 0, from = 0): Promise<readonly (string | null)[]> {
    await using reader = await this.reader({ [topicPartitionKey(topic, partition)]: from })
    return (await take(reader, count)).map(valueOf)
  }

  async endOffset(topic: string, partition = 0): Promise<number> {
    const offsets = await (await this.get()).admin.endOffsets([{ topic, partition }])
    return offsets.get(topicPartitionKey(topic, partition)) ?? Number.NaN
  }

  async beginningOffset(topic: string, partition = 0): Promise<number> {
    const offsets = await (await this.get()).admin.beginningOffsets([{ topic, partition }])
    return offsets.get(topicPartitionKey(topic, partition)) ?? Number.NaN
  }

  async committed(group: string, topic: string, partition = 0): Promise<number | undefined> {
    const { offsets } = await (await this.get()).admin.committedOffsets(group, [{ topic, partition }])
    return offsets.get(topicPartitionKey(topic, partition))
  }

  async committedMetadata(group: string, topic: string, partition = 0): Promise<string | undefined> {
    const { metadata } = await (await this.get()).admin.committedOffsets(group, [{ topic, partition }])
    return metadata.get(topicPartitionKey(topic, partition))
  }

  async member(options: Partial<MemberOptions> & { readonly group: string }): Promise<SuiteMember> {
    return SuiteMember.open(await this.get(), options)
  }
}

/** Four pieces of work, which the leader splits among the members in turn. */
export const WORK: readonly string[] = ['a', 'b', 'c', 'd']

/** A member that counts its rebalances and shares WORK. */
export class SuiteMember implements AsyncDisposable {
  rebalances = 0
  #member: GroupMember | undefined

  static async open(log: Log, options: Partial<MemberOptions> & { readonly group: string }): Promise<SuiteMember> {
    const suiteMember = new SuiteMember()
    suiteMember.#member = await log.openMember({ topics: [], onRebalance: () => void suiteMember.rebalances++, ...options })
    return suiteMember
  }

  get member(): GroupMember {
    assert(this.#member !== undefined)
    return this.#member
  }

  /** Joins, saying `name`; resolves to the assignment and the work that it names. */
  async join(
    name: string,
  ): Promise<{ readonly assignment: Assignment; readonly work: readonly string[]; readonly seen: string[] }> {
    const assignment = await this.member.join(Buffer.from(name), splitWork)
    const { work, seen } = JSON.parse(Buffer.from(assignment.userData).toString()) as { work: string[]; seen: string[] }
    return { assignment, work, seen }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.member.leave()
  }
}

function splitWork(members: readonly MemberInfo[]): ReadonlyMap<string, Uint8Array> {
  const seen = members.map(({ userData }) => Buffer.from(userData).toString()).sort()
  return new Map(
    members.map(({ memberId }, index) => {
      const work = WORK.filter((_, piece) => piece % members.length === index)
      return [memberId, Buffer.from(JSON.stringify({ work, seen }))]
    }),
  )
}

/** Polls until `count` records are there; more than that is an error. */
export async function take(reader: LogReader, count: number): Promise<readonly LogRecord[]> {
  const records: LogRecord[] = []
  await poll(
    reader,
    () => records.length >= count,
    (batch) => records.push(...batch.records),
  )
  assert.equal(records.length, count, `expected ${count} records, got ${records.length}`)
  return records
}

/** Polls until `done`, giving each batch to `visit`. */
export async function poll(reader: LogReader, done: () => boolean, visit: (batch: FetchedBatch) => void): Promise<void> {
  const deadline = Date.now() + PATIENCE_MS
  while (!done()) {
    assert(Date.now() < deadline, `waited ${PATIENCE_MS} ms for records that did not come`)
    for (const batch of await reader.poll(1000)) visit(batch)
  }
}

/** Waits until the condition holds. */
export async function until(what: string, condition: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = Date.now() + PATIENCE_MS
  while (!(await condition())) {
    assert(Date.now() < deadline, `waited ${PATIENCE_MS} ms until ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}

/** Asserts that nothing comes for as long as it would usually take several times over. */
export async function expectSilence(reader: LogReader): Promise<void> {
  const deadline = Date.now() + 200
  for (let left = 200; left > 0; left = deadline - Date.now()) {
    for (const { records } of await reader.poll(left)) assert.equal(records.length, 0, 'records came that should not')
  }
}

/** Asserts that the promise rejects with one of the error codes. */
export async function rejectsWith(promise: Promise<unknown>, ...codes: readonly string[]): Promise<void> {
  await assert.rejects(promise, (error: unknown) => {
    const code = error instanceof Error && 'code' in error ? error.code : undefined
    assert(
      typeof code === 'string' && codes.includes(code),
      `expected ${codes.join(' or ')}, got ${String(code)}: ${String(error)}`,
    )
    return true
  })
}

export function valueOf(record: LogRecord): string | null {
  return record.value?.toString() ?? null
}

export function numbered(count: number, from = 0): readonly string[] {
  return Array.from({ length: count }, (_, i) => `value-${from + i}`)
}

function disposable<Handle extends { close(): Promise<void> }>(handle: Handle): Handle & AsyncDisposable {
  return Object.assign(handle, { [Symbol.asyncDispose]: () => handle.close() })
}
