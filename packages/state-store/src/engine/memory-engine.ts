import { StateStoreError } from '../errors.ts'
import { toBuffer } from '../encoded.ts'
import { SortedMap } from '../sorted-map.ts'
import type { EngineCursor, EngineEntry, EngineOperation, EngineRange, StateEngine } from './engine.ts'

/**
 * A database in memory, for tests and for state that need not outlive the process. Content belongs to the object: it is
 * still there when the same engine is opened again.
 */
export function memoryEngine(): StateEngine {
  return new MemoryEngine()
}

class MemoryEngine implements StateEngine {
  readonly name = 'memory'
  readonly location = 'memory'
  readonly #entries = new SortedMap<Buffer>()
  #open = false

  async open(): Promise<void> {
    if (this.#open) {
      throw new StateStoreError('STATE_LOCKED', 'This memory engine is open already: make one for each task, or close it first.')
    }
    this.#open = true
  }

  get(key: Uint8Array): Buffer | undefined {
    this.#assertOpen()
    return this.#entries.get(key)
  }

  cursor(range: EngineRange): EngineCursor {
    this.#assertOpen()
    const entries = this.#entries.entries(range)
    return {
      next: async (max): Promise<readonly EngineEntry[]> => {
        const chunk: EngineEntry[] = []
        while (chunk.length < max) {
          const step = entries.next()
          if (step.done === true) break
          chunk.push(step.value)
        }
        return chunk
      },
      close: async () => {
        entries.return(undefined)
      },
    }
  }

  async write(operations: readonly EngineOperation[]): Promise<void> {
    this.#assertOpen()
    // Copies, because an engine owns its bytes: callers may reuse theirs.
    for (const operation of operations) {
      if (operation.type === 'delete') this.#entries.delete(operation.key)
      else this.#entries.set(Buffer.from(operation.key), Buffer.from(toBuffer(operation.value)))
    }
  }

  async clear(range: EngineRange): Promise<void> {
    this.#assertOpen()
    for (const [key] of this.#entries.entries(range)) this.#entries.delete(key)
  }

  async compact(): Promise<void> {
    this.#assertOpen()
  }

  async close(): Promise<void> {
    this.#open = false
  }

  #assertOpen(): void {
    if (!this.#open) throw new StateStoreError('STATE_CLOSED', 'This memory engine is not open.')
  }
}
