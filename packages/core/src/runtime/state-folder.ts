import { randomUUID } from 'node:crypto'
import { mkdir, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { levelEngine, type StateEngine, StateStoreError } from '@millrace/state-store'
import { MillraceError } from '../errors.ts'
import { type DescribedPlan, describeDiff, type PlanDiff, planDiff } from '../plan/index.ts'
import { STATE_FORMAT, type StateDescription } from './state-description.ts'

const PROCESS = Buffer.from('process')
const DESCRIPTION = Buffer.from('description')

/**
 * The folder that holds a process's state:
 *
 * - `process/`: a small database that is open while the app runs. LevelDB's lock on it is what makes the folder one process's
 *   own; the operating system gives it back when the process dies, however it dies. It holds the process's identity and what
 *   the state was written for.
 * - `tasks/<task>/`: the database of one task.
 * - `globals/`: the database of the global tables.
 * - `log/`: the embedded log, unless it was told to be elsewhere.
 */
export class StateFolder {
  readonly path: string
  /** Stable over restarts: part of transactional ids. */
  readonly processId: string
  readonly #engine: StateEngine

  private constructor(path: string, processId: string, engine: StateEngine) {
    this.path = path
    this.processId = processId
    this.#engine = engine
  }

  /** @throws {MillraceError} STATE_LOCKED: another process has it */
  static async open(path: string): Promise<StateFolder> {
    await mkdir(path, { recursive: true })
    const engine = levelEngine({ location: join(path, 'process') })
    try {
      await engine.open()
    } catch (error) {
      throw explain(path, error)
    }
    const known = engine.get(PROCESS)?.toString()
    if (known !== undefined) return new StateFolder(path, known, engine)
    const processId = randomUUID()
    await engine.write([{ type: 'put', key: PROCESS, value: processId }], { durable: true })
    return new StateFolder(path, processId, engine)
  }

  /**
   * Compares what the folder's state was written for with what is about to run, and remembers the latter.
   *
   * @returns what becomes of the state; null for a folder without any
   * @throws {MillraceError} STATE_INCOMPATIBLE: the diff
   */
  async claim(description: StateDescription): Promise<PlanDiff | null> {
    const text = JSON.stringify(description)
    const saved = this.#saved()
    const diff = saved === null ? null : this.#compare(saved, description)
    if (saved === null || JSON.stringify(saved) !== text) {
      await this.#engine.write([{ type: 'put', key: DESCRIPTION, value: text }], { durable: true })
    }
    return diff
  }

  /** What the folder's state was written for; null when there is none. */
  get deployed(): DescribedPlan | null {
    return this.#saved()?.plan ?? null
  }

  taskPath(taskId: string): string {
    return join(this.path, 'tasks', taskId)
  }

  get globalsPath(): string {
    return join(this.path, 'globals')
  }

  /** Deletes the global tables' state, which nobody has open. */
  async removeGlobals(): Promise<void> {
    await rm(this.globalsPath, { recursive: true, force: true })
  }

  /** Ids of the tasks that have state here. */
  async taskIds(): Promise<readonly string[]> {
    try {
      return await readdir(join(this.path, 'tasks'))
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return []
      throw error
    }
  }

  /** Deletes a task's state, which nobody has open. */
  async removeTask(taskId: string): Promise<void> {
    await rm(this.taskPath(taskId), { recursive: true, force: true })
  }

  async close(): Promise<void> {
    await this.#engine.close()
  }

  #saved(): StateDescription | null {
    const text = this.#engine.get(DESCRIPTION)?.toString()
    return text === undefined ? null : (JSON.parse(text) as StateDescription)
  }

  #compare(saved: StateDescription, wanted: StateDescription): PlanDiff {
    if (saved.format !== STATE_FORMAT) {
      throw this.#incompatible(`its format is ${saved.format}, this version reads ${STATE_FORMAT}`)
    }
    const diff = planDiff(saved.plan, wanted.plan)
    if (diff.app !== null || diff.incompatible.length > 0) throw this.#incompatible(`\n${describeDiff(diff)}\n`)
    return diff
  }

  #incompatible(why: string): MillraceError {
    return new MillraceError(
      'STATE_INCOMPATIBLE',
      `The state in ${this.path} was written by a topology that does not fit this one: ${why}. ` +
        'Run the topology that wrote it, give what changed a new name, or start over under another appId or state folder.',
      { location: { file: this.path } },
    )
  }
}

function explain(path: string, error: unknown): unknown {
  if (!(error instanceof StateStoreError) || error.code !== 'STATE_LOCKED') return error
  return new MillraceError(
    'STATE_LOCKED',
    `Two processes on one state folder: ${path} is in use by another process (or by another app of this one). ` +
      'Stop the other one, or give each its own: run(topology, { stateDir: … }).',
    { cause: error, location: { file: path } },
  )
}
