import { type FetchedBatch, json, type Logger, type Serde, type SinkTask, string, type TopicSink } from '@millrace/core'
import { mysqlConnector } from '@millrace/mysql-connector'
import { MysqlSinkTask, type ViewSpec } from '../../../packages/mysql-connector/src/sink/index.ts'
import type { Connection } from 'mysql2/promise'
import type { Encoded } from '@millrace/state-store'
import { decodeRecordBatches, RecordBatchBuilder } from '../../../packages/core/src/log/records/index.ts'

export const SILENT: Logger = { debug() {}, info() {}, warn() {}, error() {} }

/** One entry of a batch: a null value deletes. */
export type Entry<K, V> = readonly [key: K, value: V | null]

/** Batches as a reader would hand them to a sink task, with offsets that go on from one to the next. */
export class BatchSource<K, V> {
  readonly #key: Serde<K>
  readonly #value: Serde<V>
  #next: number

  constructor(key: Serde<K>, value: Serde<V>, next = 0) {
    this.#key = key
    this.#value = value
    this.#next = next
  }

  batch(...entries: readonly Entry<K, V>[]): FetchedBatch {
    const builder = new RecordBatchBuilder()
    for (const [key, value] of entries) builder.append(0, this.#key.encode(key), encoded(this.#value, value))
    const buffer = Buffer.from(builder.finish({ baseOffset: this.#next }))
    const { records, nextOffset } = decodeRecordBatches(buffer, { from: this.#next, checkCrc: true })
    this.#next = nextOffset
    return { topic: 'app-view', partition: 0, records, nextOffset, endOffset: nextOffset, bytes: buffer.length }
  }
}

/** A sink task whose connections are made by the test. */
export function sinkWith<K, V>(
  sink: TopicSink<never, never>,
  serdes: { readonly key: Serde<K>; readonly value: Serde<V> },
  connect: () => Promise<Connection>,
): SinkTask {
  if (sink.view === undefined) throw new Error('no view')
  return new MysqlSinkTask(
    { ...sink.view, app: 'app', topic: 'app-view', ...(serdes as Serdes) },
    sink.view.spec as ViewSpec,
    connect,
  )
}

/** A sink task as the runtime would make it. */
export function sinkOf<K, V>(
  url: string,
  sink: TopicSink<never, never>,
  serdes: { readonly key: Serde<K>; readonly value: Serde<V> },
): SinkTask {
  if (sink.view === undefined || mysqlConnector.createSink === undefined) throw new Error('no view')
  const options = mysqlConnector.options.parse(url.replace(/\/[^/]*$/, ''))
  return mysqlConnector.createSink({ ...sink.view, app: 'app', topic: 'app-view', ...(serdes as Serdes) }, options)
}

interface Serdes {
  readonly key: Serde<unknown>
  readonly value: Serde<unknown>
}

export const textAndJson = { key: string(), value: json<Readonly<Record<string, unknown>>>() }

export const PARTITION = { topic: 'app-view', partition: 0 } as const

function encoded<V>(serde: Serde<V>, value: V | null): Encoded | null {
  return value === null ? null : serde.encode(value)
}
