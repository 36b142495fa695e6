import type { SourceTaskContext } from '@millrace/core'
import type { RowFormat } from './binlog/row-format.ts'
import type { RowsReceiver } from './binlog/rows-event.ts'
import type { CapturedTable } from './captured-table.ts'
import { type OperationHeaders, operationHeaders } from './operation-headers.ts'
import type { TableProgress } from './position.ts'
import { tableName } from '../types/table-name.ts'

/** A change that waits until it is known whether the snapshot has passed its key. */
export interface HeldChange {
  readonly keyTexts: readonly string[]
  readonly key: string
  /** Null: the row is gone. */
  readonly value: string | null
  readonly timestamp: number
  readonly headers: OperationHeaders
}

/**
 * - `waiting`: the snapshot has not begun; it will see what changes until then, so changes are not read at all
 * - `snapshot`: it has begun; changes are held until the chunk under way is complete (see Snapshot)
 * - `live`: changes go out as they come
 */
export type FlowState = 'waiting' | 'snapshot' | 'live'

/** The changes of one captured table on their way to its topic. */
export class TableFlow implements RowsReceiver {
  readonly captured: CapturedTable
  /** Key of the last row of the snapshot that went out; null: none yet. */
  cursor: readonly string[] | null
  /** Changes since the chunk under way was begun, in order. */
  held: HeldChange[] = []
  heldBytes: number = 0
  /** Records that went out. */
  records: number = 0
  #state: FlowState
  readonly #context: SourceTaskContext
  readonly #clock: { readonly commitTime: number }

  /** @param clock says when the change that is being read was committed */
  constructor(
    captured: CapturedTable,
    progress: TableProgress | undefined,
    context: SourceTaskContext,
    clock: { readonly commitTime: number },
  ) {
    this.captured = captured
    this.#context = context
    this.#clock = clock
    const isNew = progress === undefined || progress.table !== tableName(captured.spec)
    const cursor = isNew ? (captured.spec.snapshot === 'never' ? undefined : null) : progress.cursor
    this.cursor = cursor ?? null
    this.#state = cursor === undefined ? 'live' : cursor === null ? 'waiting' : 'snapshot'
  }

  get state(): FlowState {
    return this.#state
  }

  get progress(): TableProgress {
    const table = tableName(this.captured.spec)
    return this.#state === 'live' ? { table } : { table, cursor: this.cursor }
  }

  /** Between two transactions only: of a transaction all changes are held, or none. */
  beginSnapshot(): void {
    this.#state = 'snapshot'
  }

  endSnapshot(): void {
    this.#state = 'live'
    this.cursor = null
  }

  written(format: RowFormat, operation: 'insert' | 'update'): void {
    this.#change(format, format.value(), operationHeaders[operation === 'insert' ? 'c' : 'u'])
  }

  deleted(format: RowFormat): void {
    this.#change(format, null, operationHeaders.d)
  }

  /** Lets those of the held changes out that are to go, in their order; the others are dropped. */
  sendHeld(goes: (change: HeldChange) => boolean): void {
    const { held } = this
    this.held = []
    this.heldBytes = 0
    for (const change of held) if (goes(change)) this.emit(change.key, change.value, change.timestamp, change.headers)
  }

  emit(key: string, value: string | null, timestamp: number, headers: OperationHeaders): void {
    this.records++
    this.#context.emit(this.captured.topic, key, value, timestamp, headers)
  }

  #change(format: RowFormat, value: string | null, headers: OperationHeaders): void {
    const timestamp = this.#clock.commitTime
    if (this.#state === 'live') {
      this.emit(format.key(), value, timestamp, headers)
      return
    }
    const keyTexts = format.keyTexts()
    const key = format.key()
    this.held.push({ keyTexts, key, value, timestamp, headers })
    this.heldBytes += HELD_OVERHEAD + 2 * key.length + (value?.length ?? 0)
  }
}

/** About what a held change takes besides its texts. */
const HELD_OVERHEAD = 200
