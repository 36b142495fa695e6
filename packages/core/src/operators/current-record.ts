import type { Headers } from '@millrace/state-store'
import { NO_HEADERS } from '../log/records/index.ts'
import type { RecordView } from '../plan/record-view.ts'

/**
 * The one RecordView of a task, and the place where an operator leaves its name before it calls user code: when that
 * throws, the catch at the head of the chain knows who it was, and no operator needs a try of its own.
 */
export class CurrentRecord implements RecordView {
  timestamp = -1
  headers: Headers = NO_HEADERS
  topic: string | undefined = undefined
  partition: number | undefined = undefined
  offset: number | undefined = undefined
  operator = ''

  /** To be called before user code runs. */
  enter(operator: string, timestamp: number, headers: Headers): this {
    this.operator = operator
    this.timestamp = timestamp
    this.headers = headers
    return this
  }

  /** Where the record that is being processed was read. */
  from(topic: string, partition: number, offset: number): void {
    this.topic = topic
    this.partition = partition
    this.offset = offset
  }

  /** What follows is caused by the record of this view. */
  at({ topic, partition, offset }: RecordView): void {
    this.topic = topic
    this.partition = partition
    this.offset = offset
  }

  /** What follows is caused by no input record: a flush, a punctuation. */
  fromNowhere(): void {
    this.topic = undefined
    this.partition = undefined
    this.offset = undefined
  }
}
