import { Level } from 'level'
import { StateStoreError } from '../errors.ts'
import type { EngineCursor, EngineEntry, EngineOperation, EngineRange, EngineWriteOptions, StateEngine } from './engine.ts'

export interface LevelEngineOptions {
  /** The database's folder: made when missing. One process, one engine at a time. */
  readonly location: string
  /** LevelDB's cache of uncompressed blocks, bytes. Default 8 MiB. */
  readonly blockCacheBytes?: number
  /** What LevelDB collects in memory before it writes a sorted table, bytes (up to two at a time). Default 4 MiB. */
  readonly writeBufferBytes?: number
}

/**
 * LevelDB, through `level`: one folder, one process, point reads without leaving the thread.
 *
 * Damage is noticed where LevelDB notices it: missing, truncated and overwritten files, and blocks that cannot be
 * decompressed. `level` has no way to turn on the block checksums that it writes, so a flipped bit within a table may go
 * unnoticed.
 */
export function levelEngine(options: LevelEngineOptions): StateEngine {
  return new LevelEngine(options)
}

const BYTES = { keyEncoding: 'buffer', valueEncoding: 'buffer' } as const
const TEXT = { keyEncoding: 'buffer', valueEncoding: 'utf8' } as const

const FIRST_KEY = new Uint8Array(0)
const LAST_KEY = new Uint8Array(64).fill(0xff)

/** What `level`'s types leave out, because its twin for browsers has no such thing. */
interface Compacting {
  compactRange(start: Uint8Array, end: Uint8Array, options: { readonly keyEncoding: 'buffer' }): Promise<void>
}

function canCompact(database: object): database is Compacting {
  return 'compactRange' in database
}

class LevelEngine implements StateEngine {
  readonly name = 'level'
  readonly location: string
  readonly #options: LevelEngineOptions
  #database: Level<Uint8Array, Buffer> | undefined

  constructor(options: LevelEngineOptions) {
    this.#options = options
    this.location = options.location
  }

  async open(): Promise<void> {
    const { blockCacheBytes, writeBufferBytes } = this.#options
    const database = new Level<Uint8Array, Buffer>(this.location, {
      ...BYTES,
      ...(blockCacheBytes === undefined ? {} : { cacheSize: blockCacheBytes }),
      ...(writeBufferBytes === undefined ? {} : { writeBufferSize: writeBufferBytes }),
    })
    try {
      await database.open()
    } catch (error) {
      throw this.#explain(error)
    }
    this.#database = database
  }

  get(key: Uint8Array): Buffer | undefined {
    try {
      return this.#open().getSync(key)
    } catch (error) {
      throw this.#explain(error)
    }
  }

  cursor(range: EngineRange): EngineCursor {
    const iterator = this.#open().iterator(range)
    return {
      next: async (max): Promise<readonly EngineEntry[]> => {
        try {
          return (await iterator.nextv(max)) as [Buffer, Buffer][]
        } catch (error) {
          throw this.#explain(error)
        }
      },
      close: () => iterator.close(),
    }
  }

  async write(operations: readonly EngineOperation[], options?: EngineWriteOptions): Promise<void> {
    // A chained batch takes half the CPU of an array batch, and text goes straight into LevelDB's own buffer.
    const batch = this.#open().batch()
    try {
      for (const operation of operations) {
        if (operation.type === 'delete') batch.del(operation.key)
        else if (typeof operation.value === 'string') batch.put<Uint8Array, string>(operation.key, operation.value, TEXT)
        else batch.put<Uint8Array, Uint8Array>(operation.key, operation.value, BYTES)
      }
      await batch.write({ sync: options?.durable === true })
    } catch (error) {
      await batch.close()
      throw this.#explain(error)
    }
  }

  async clear(range: EngineRange): Promise<void> {
    try {
      await this.#open().clear(range)
    } catch (error) {
      throw this.#explain(error)
    }
  }

  async compact({ gte = FIRST_KEY, lt = LAST_KEY }: EngineRange): Promise<void> {
    const database = this.#open()
    if (!canCompact(database)) return
    try {
      await database.compactRange(gte, lt, BYTES)
    } catch (error) {
      throw this.#explain(error)
    }
  }

  async close(): Promise<void> {
    const database = this.#database
    this.#database = undefined
    await database?.close()
  }

  #open(): Level<Uint8Array, Buffer> {
    if (this.#database === undefined) {
      throw new StateStoreError('STATE_CLOSED', `The state database in ${this.location} is not open.`)
    }
    return this.#database
  }

  #explain(error: unknown): unknown {
    if (error instanceof StateStoreError) return error
    // abstract-level wraps what LevelDB said about opening as the cause of LEVEL_DATABASE_NOT_OPEN.
    for (let cause = error; cause instanceof Error; cause = cause.cause) {
      const code = 'code' in cause ? cause.code : undefined
      if (code === 'LEVEL_LOCKED') {
        return new StateStoreError(
          'STATE_LOCKED',
          `The state database in ${this.location} is open in another process, or twice in this one. Two processes may not ` +
            'share a state folder: stop the other one, or give each its own state directory.',
          { cause },
        )
      }
      // A missing file cannot be opened, a truncated one not be mapped.
      const lost = cause.message.startsWith('IO error') && /No such file|Invalid argument/.test(cause.message)
      if (code === 'LEVEL_CORRUPTION' || lost) {
        return new StateStoreError(
          'STATE_CORRUPT',
          `The state database in ${this.location} is damaged (${cause.message}). Stop the process and delete this folder: ` +
            'the state is rebuilt from its changelog topics.',
          { cause },
        )
      }
      if (cause.message.startsWith('IO error') || (typeof code === 'string' && /^E[A-Z]+$/.test(code))) {
        return new StateStoreError(
          'STATE_IO',
          `The disk refused the state database in ${this.location} (${cause.message}). Check free space, permissions and the ` +
            'limit of open files.',
          { cause },
        )
      }
    }
    return error
  }
}
