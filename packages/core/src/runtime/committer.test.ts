import { memoryEngine, openTaskState, type StateEngine, StateStoreError } from '@millrace/state-store'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { NO_HEADERS } from '../log/records/index.ts'
import { string } from '../serde/index.ts'
import { Committer } from './committer.ts'
import { StreamTask } from './stream-task.ts'
import { Lab } from './test-support/lab.ts'
import { WorkerOutput } from './worker-output.ts'

const damaged = new StateStoreError('STATE_CORRUPT', 'a block is damaged')

describe('A commit', () => {
  let lab: Lab
  let output: WorkerOutput

  beforeEach(async () => {
    lab = await Lab.open()
    output = new WorkerOutput(await lab.log.openWriter({ name: 'tasks', transactionalId: 'tasks' }), new Map(), () => {
      throw new Error('every topic is known')
    })
  })

  afterEach(async () => await lab.close())

  /** A task with one dirty entry. */
  const dirtyTask = async (id: string, engine: StateEngine): Promise<StreamTask> => {
    const definition = { kind: 'timestamped', name: 'store', key: string(), value: string(), caching: true } as const
    const state = await openTaskState({ engine, stores: [definition] })
    const subtopology = { name: id, nodes: [], sourceTopics: [], sinkTopics: [], stores: ['store'], copartitioned: [] }
    const task = new StreamTask({
      spec: { kind: 'stream', id, subtopology, partition: 0, inputs: [], changelogs: [] },
      state,
      output,
      globals: state,
      maxTaskIdle: 0,
      onProcessingError: 'stop',
      compile: () => {
        throw new Error('is not started')
      },
      onReady: () => undefined,
      feeds: new Map(),
    })
    state.timestamped<string, string>('store').put('key', 'value', 0, NO_HEADERS)
    return task
  }

  it('that one database refuses says whose it is, and ends only when all others are written', async () => {
    const [broken, slow] = [memoryEngine(), memoryEngine()]
    const tasks = [await dirtyTask('broken', broken), await dirtyTask('slow', slow)]
    broken.write = () => Promise.reject(damaged)
    const write = slow.write.bind(slow)
    slow.write = async (operations, options) => {
      await new Promise((resolve) => setTimeout(resolve, 20))
      await write(operations, options)
    }
    const failed: string[] = []
    const committer = new Committer(output, 'exactly-once', (task, error) => {
      failed.push(task.id)
      throw error
    })
    const identity = { group: 'shop', generation: -1, memberId: '' }
    await expect(committer.commit({ tasks, identity, offsets: new Map() })).rejects.toBe(damaged)
    expect(failed).toEqual(['broken'])
    // A task cannot be closed while its state is being written.
    for (const task of tasks) await task.close()
  })
})
