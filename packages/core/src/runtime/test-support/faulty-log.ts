import { MillraceError, type MillraceErrorCode } from '../../errors.ts'
import type {
  GroupMember,
  Log,
  LogAdmin,
  LogReader,
  LogWriter,
  MemberOptions,
  ReaderOptions,
  WriterOptions,
} from '../../log/log.ts'

/** What happens instead of a commit: the error comes before anything is written, or after everything is. */
export interface CommitFault {
  readonly error: MillraceErrorCode
  readonly when: 'before' | 'after'
}

/** A log that works, except for the commits of the tasks' writer for which a fault was ordered. */
export class FaultyLog implements Log {
  readonly name = 'faulty'
  readonly #log: Log
  readonly #faults = new Map<number, CommitFault>()
  commits = 0

  constructor(log: Log) {
    this.#log = log
  }

  get admin(): LogAdmin {
    return this.#log.admin
  }

  /** The commit that comes after `after` more ones fails. */
  order(after: number, fault: CommitFault): void {
    this.#faults.set(this.commits + after, fault)
  }

  /** From here on everything works. */
  heal(): void {
    this.#faults.clear()
  }

  openReader(options: ReaderOptions): Promise<LogReader> {
    return this.#log.openReader(options)
  }

  async openWriter(options: WriterOptions): Promise<LogWriter> {
    const writer = await this.#log.openWriter(options)
    if (options.name !== 'tasks') return writer
    return {
      get pendingBytes() {
        return writer.pendingBytes
      },
      append: (...args) => writer.append(...args),
      prepare: (topics) => writer.prepare(topics),
      flush: () => writer.flush(),
      commit: async (offsets) => {
        const fault = this.#faults.get(this.commits++)
        if (fault?.when === 'before') await writer.abort()
        const committed = fault?.when === 'before' ? new Map<string, number>() : await writer.commit(offsets)
        if (fault !== undefined) throw new MillraceError(fault.error, `ordered: ${fault.error} ${fault.when} the commit`)
        return committed
      },
      abort: () => writer.abort(),
      close: () => writer.close(),
    }
  }

  openMember(options: MemberOptions): Promise<GroupMember> {
    return this.#log.openMember(options)
  }

  close(): Promise<void> {
    return this.#log.close()
  }
}
