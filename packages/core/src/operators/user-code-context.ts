import type { Pending } from '@millrace/state-store'
import { parseDuration } from '../duration.ts'
import { MillraceError } from '../errors.ts'
import type { BaseProcessorContext, Cancellable, PunctuationOptions, Punctuator, RecordMetadata } from '../plan/processor.ts'
import type { StoreOf } from '../plan/processor-store.ts'
import type { StoreBuilder } from '../plan/store-builder.ts'
import { dropFailure, operatorFailure } from './operator-failure.ts'
import type { OperatorScope } from './operator-scope.ts'
import { processorStore } from './processor-stores.ts'
import { firstAfter, type PunctuationQueue } from './punctuation.ts'

/** What user code with state works with, but for forwarding: stores, time, punctuators. One for each operator and task. */
export class UserCodeContext<Stores extends StoreBuilder | string> implements BaseProcessorContext<Stores> {
  protected readonly scope: OperatorScope
  protected readonly nodeId: string
  readonly #connected: readonly string[]

  constructor(nodeId: string, connected: readonly string[], scope: OperatorScope) {
    this.scope = scope
    this.nodeId = nodeId
    this.#connected = connected
  }

  get appId(): string {
    return this.scope.plan.app
  }

  get taskId(): string {
    return this.scope.task.taskId
  }

  get partition(): number {
    return this.scope.task.partition
  }

  get streamTime(): number {
    return this.scope.task.streamTime
  }

  get wallClock(): number {
    return this.scope.task.wallClock()
  }

  get recordMetadata(): RecordMetadata | undefined {
    const { topic, partition, offset } = this.scope.record
    return topic === undefined || partition === undefined || offset === undefined ? undefined : { topic, partition, offset }
  }

  store<Builder extends Exclude<Stores, string>>(builder: Builder): StoreOf<Builder>
  store<Store = never>(name: string): Store
  store<Store>(reference: StoreBuilder | string): Store {
    const name = typeof reference === 'string' ? reference : reference.name
    return processorStore(this.scope, this.nodeId, this.#connected, name) as Store
  }

  schedule({ every, by, startAt }: PunctuationOptions, punctuator: Punctuator): Cancellable {
    const interval = parseDuration(every, `${this.nodeId}: every`)
    if (interval <= 0) throw this.#refused(`a punctuator is called every ${interval} ms`, 'more than 0')
    if (startAt !== undefined && !(startAt >= 0)) throw this.#refused(`a punctuator starts at ${startAt}`, 'ms since the epoch')
    const { task, punctuation } = this.scope
    const byStreamTime = by === 'stream-time'
    const now = byStreamTime ? task.streamTime : task.wallClock()
    const fromNow = byStreamTime ? 0 : now + interval
    // An anchor that has passed stands for the first multiple after it that has not.
    const due = startAt === undefined ? fromNow : firstAfter(startAt, interval, now - 1)
    const queue: PunctuationQueue = byStreamTime ? punctuation.byStreamTime : punctuation.byWallClock
    return queue.add(due, interval, (time) => this.#punctuate(punctuator, time))
  }

  commit(): void {
    this.scope.task.requestCommit()
  }

  /** What is caused by a punctuation has its time and no headers. */
  protected beginPunctuation(timestamp: number): void {
    this.scope.record.fromNowhere()
    this.scope.record.enter(this.nodeId, timestamp, [])
  }

  /** Called when a punctuator has returned; a promise when what it has caused is not done. */
  protected endPunctuation(result: Pending): Pending {
    return result
  }

  #punctuate(punctuator: Punctuator, time: number): Pending {
    const { record, task } = this.scope
    const fail = (error: unknown): void => {
      if (task.onProcessingError !== 'continue') throw operatorFailure(error, record, task.taskId)
      dropFailure(error, this.scope)
    }
    this.beginPunctuation(time)
    try {
      return this.endPunctuation(punctuator(time))?.catch(fail)
    } catch (error) {
      fail(error)
    }
  }

  #refused(what: string, wanted: string): MillraceError {
    return new MillraceError('TOPOLOGY_INVALID', `"${this.nodeId}": ${what}; it must be ${wanted}`, {
      location: { operator: this.nodeId },
    })
  }
}
