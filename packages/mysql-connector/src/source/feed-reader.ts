import type { SourceTaskContext } from '@millrace/core'
import type { MysqlServer } from '../connection/index.ts'
import { BinlogConnection } from './binlog/binlog-connection.ts'
import type { RowsReceiver } from './binlog/rows-event.ts'
import type { TableFormats } from './binlog/table-formats.ts'
import { Transactions, type TransactionsListener } from './binlog/transactions.ts'
import { type Committable, Committer } from './committer.ts'
import { encodePosition } from './position.ts'
import type { ServerInfo } from './server.ts'
import type { SnapshotStream } from './snapshot/snapshot.ts'
import type { FileOffset, StreamPosition } from './stream-position.ts'
import type { TableFlow } from './table-flow.ts'
import { Valve } from './valve.ts'

/** Emitted and not committed: beyond this the server waits, as long as a commit is under way. */
const MAX_PENDING_BYTES = 16 << 20

interface PlaceWaiter {
  readonly place: FileOffset | undefined
  readonly hold: boolean
  readonly resolve: () => void
}

/**
 * The binlog as a stream of commits: rows go to the flows of their tables, and what the flows let out is committed at the ends
 * of transactions, together with the position.
 */
export class FeedReader implements TransactionsListener, SnapshotStream, Committable {
  /** Called after each event with rows. */
  onRows: (() => void) | undefined
  readonly committer: Committer
  readonly #context: SourceTaskContext
  readonly #server: ServerInfo
  readonly flows: readonly TableFlow[]
  readonly #byTopic: ReadonlyMap<string, TableFlow>
  readonly #transactions: Transactions
  readonly #valve = new Valve()
  #connection: BinlogConnection | undefined
  #waiters: PlaceWaiter[] = []

  /** @param makeFlows given where flows find the time of the change that they are given */
  constructor(
    context: SourceTaskContext,
    server: ServerInfo,
    from: StreamPosition,
    formats: TableFormats,
    makeFlows: (clock: { readonly commitTime: number }) => readonly TableFlow[],
  ) {
    this.#context = context
    this.#server = server
    this.#transactions = new Transactions(server.mariadb, from, formats, this)
    this.flows = makeFlows(this.#transactions)
    this.#byTopic = new Map(this.flows.map((flow) => [flow.captured.topic, flow]))
    this.committer = new Committer(context, this)
  }

  get position(): StreamPosition {
    return this.#transactions.position
  }

  /** How far the committed records are behind the server's commits, ms; 0 when there is nothing more. */
  get lagMs(): number {
    if (this.#transactions.idle && this.#context.pendingBytes === 0) return 0
    return Math.max(0, Date.now() - this.#transactions.commitTime)
  }

  encodePosition(): string {
    return encodePosition({
      ...(this.#server.gtid || this.#server.uuid === undefined ? {} : { server: this.#server.uuid }),
      stream: this.position,
      tables: Object.fromEntries(this.flows.map((flow) => [flow.captured.topic, flow.progress])),
    })
  }

  /** A commit now would be whole. */
  get ready(): boolean {
    return this.#transactions.betweenTransactions && this.flows.every((flow) => flow.held.length === 0)
  }

  /** Starts the stream; rejects when it has ended. */
  async run(server: MysqlServer): Promise<void> {
    this.#connection = new BinlogConnection(server, this.position, this.#transactions)
    this.#valve.attach(this.#connection)
    await this.#connection.ended
  }

  close(): void {
    this.#connection?.close()
  }

  receiver(topic: string): RowsReceiver | undefined {
    const flow = this.#byTopic.get(topic)
    return flow === undefined || flow.state === 'waiting' ? undefined : flow
  }

  rowsRead(): void {
    this.onRows?.()
    // Within a transaction nothing can be committed, so waiting would be for nothing.
    if (this.#context.pendingBytes < MAX_PENDING_BYTES || !this.committer.busy) return
    this.#valve.hold('commit')
    this.committer.afterCommit(() => this.#valve.release('commit'))
  }

  boundary(): void {
    this.committer.boundary()
    if (this.#waiters.length === 0) return
    const due = this.#waiters.filter((waiter) => this.#isAt(waiter.place))
    if (due.length === 0) return
    this.#waiters = this.#waiters.filter((waiter) => !due.includes(waiter))
    for (const waiter of due) {
      if (waiter.hold) this.#valve.hold('snapshot')
      waiter.resolve()
    }
  }

  holdBetween(): Promise<void> {
    return this.#wait(undefined, true)
  }

  holdAt(place: FileOffset): Promise<void> {
    return this.#wait(place, true)
  }

  /** Resolves when every transaction up to this place has been read. */
  reached(place: FileOffset): Promise<void> {
    return this.#wait(place, false)
  }

  release(): void {
    this.#valve.release('snapshot')
  }

  holdNow(): () => void {
    this.#valve.hold('memory')
    return () => this.#valve.release('memory')
  }

  commit(): Promise<void> {
    return this.committer.begin()
  }

  #wait(place: FileOffset | undefined, hold: boolean): Promise<void> {
    if (this.#transactions.betweenTransactions && this.#isAt(place)) {
      if (hold) this.#valve.hold('snapshot')
      return Promise.resolve()
    }
    return new Promise((resolve) => this.#waiters.push({ place, hold, resolve }))
  }

  #isAt(place: FileOffset | undefined): boolean {
    return place === undefined ? this.#transactions.placed : this.#transactions.hasReached(place)
  }
}
