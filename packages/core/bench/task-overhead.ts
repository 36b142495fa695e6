// What the runtime itself costs per record: buffering, choosing, stream time, bookkeeping; operators that do nothing.
//   node --conditions=@millrace/source packages/core/bench/task-overhead.ts
import { memoryEngine, openTaskState } from '@millrace/state-store'
import type { CommittedOffsets, FetchedBatch } from '../src/log/log.ts'
import { LogRecord } from '../src/log/records/index.ts'
import type { CompiledTask, SourceInput } from '../src/operators/index.ts'
import { StreamTask } from '../src/runtime/stream-task.ts'
import type { StreamTaskSpec } from '../src/runtime/task-spec.ts'
import { WorkerOutput } from '../src/runtime/worker-output.ts'

const BATCH = 5_000
const BATCHES = 400
const NOTHING_COMMITTED: CommittedOffsets = { offsets: new Map(), metadata: new Map() }

const buffer = Buffer.alloc(64)

function batch(topic: string, index: number): FetchedBatch {
  const records = Array.from(
    { length: BATCH },
    (_, i) => new LogRecord(buffer, index * BATCH + i, index * BATCH + i, 0, 8, 8, 64, -1),
  )
  return { topic, partition: 0, records, nextOffset: (index + 1) * BATCH, endOffset: BATCH * BATCHES, bytes: BATCH * 64 }
}

function input(topic: string): SourceInput {
  let timestamp = 0
  return {
    topic,
    load(record) {
      timestamp = record.timestamp
      return timestamp
    },
    process() {
      return undefined
    },
  }
}

for (const topics of [['a'], ['a', 'b']]) {
  const spec: StreamTaskSpec = {
    kind: 'stream',
    id: 'bench_0',
    subtopology: { name: 'bench', nodes: [], sourceTopics: topics, sinkTopics: [], stores: [], copartitioned: [] },
    partition: 0,
    inputs: topics.map((topic) => ({ topic, partition: 0 })),
    changelogs: [],
  }
  const compiled: CompiledTask = {
    inputs: new Map(topics.map((topic) => [topic, input(topic)])),
    afterRecord: () => undefined,
    punctuateWallClock: () => undefined,
    nextWallClockDue: Number.POSITIVE_INFINITY,
    async: { underWay: false, hasReady: false, passOn() {}, async drain() {} },
    close() {},
  }
  for (let round = 0; round < 3; round++) {
    const state = await openTaskState({ engine: memoryEngine(), stores: [] })
    const task = new StreamTask({
      spec,
      state,
      globals: state,
      output: new WorkerOutput({} as never, new Map(), async () => 0),
      feeds: new Map(),
      maxTaskIdle: 0,
      onProcessingError: 'stop',
      compile: () => compiled,
      onReady: () => undefined,
    })
    task.start(new Map(topics.map((topic) => [`${topic}/0`, { position: 0, endOffset: BATCH * BATCHES }])), NOTHING_COMMITTED)
    let elapsed = 0
    for (let index = 0; index < BATCHES; index++) {
      for (const { buffer: target } of task.inputs) target.add(batch(target.topic, index))
      const before = performance.now()
      while (task.runSlice(performance.now() + 5, Date.now()) > 0) continue
      elapsed += performance.now() - before
    }
    console.log(`${topics.length} input(s): ${((elapsed * 1e6) / task.processed).toFixed(0)} ns per record`)
  }
}
