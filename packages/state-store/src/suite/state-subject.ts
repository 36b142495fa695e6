import { openTaskState } from '../open-task-state.ts'
import type { StoreDefinition } from '../stores/definition.ts'
import type { Checkpoint, TaskState, TaskStateOptions } from '../task-state.ts'
import {
  type Amount,
  amountCodec,
  type Subject,
  type SubjectFactory,
  type TestFunction,
  textCodec,
  withSubject,
} from './subject.ts'
import { WatchedEngine } from './watched-engine.ts'

export const NOTHING: Checkpoint = { changelogs: {}, inputs: {} }

export const KEY_VALUE: StoreDefinition<string, string> = {
  kind: 'key-value',
  name: 'plain',
  key: textCodec,
  value: textCodec,
  caching: false,
}
export const FIRST: StoreDefinition<string, Amount> = {
  kind: 'timestamped',
  name: 'first',
  key: textCodec,
  value: amountCodec,
  caching: true,
}
export const SECOND: StoreDefinition<string, Amount> = { ...FIRST, name: 'second' }
export const WINDOWS: StoreDefinition<string, Amount> = { ...FIRST, kind: 'window', name: 'windows', size: 10, retention: 100 }
export const PAGED: StoreDefinition<string, Amount> = { ...WINDOWS, name: 'paged', pageSpan: 100 }

/** Registers a test over a new task state. */
export type StateTest = (
  name: string,
  options: Omit<TaskStateOptions, 'engine'>,
  use: (state: TaskState, engine: WatchedEngine, subject: Subject) => Promise<void>,
) => void

export function stateTests(test: TestFunction, factory: SubjectFactory): StateTest {
  return (name, options, use) => {
    test(`state: ${name}`, () =>
      withSubject(factory, async (subject) => {
        const engine = new WatchedEngine(subject.engine())
        const state = await openTaskState({ engine, ...options })
        await use(state, engine, subject)
        await state.close()
      }))
  }
}
