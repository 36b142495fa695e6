import { type Connector, FirstContact, SinkHost, SourceHost } from '../connect/index.ts'
import type { TopicPartitionKey } from '../log/log.ts'
import { topicPartitionKey } from '../log/topic-partition.ts'
import type { OpenApp } from './open-app.ts'
import type { SinkTaskSpec, SourceTaskSpec } from './task-spec.ts'
import { positionsTopic } from './topics.ts'

export interface ConnectorTasksOptions extends Pick<OpenApp, 'plan' | 'settings' | 'log' | 'logger'> {
  readonly onFailure: (error: Error) => void
}

/** The source and sink tasks that this worker owns. */
export class ConnectorTasks {
  readonly #options: ConnectorTasksOptions
  readonly #sources = new Map<string, SourceHost>()
  readonly #sinks = new Map<string, SinkHost>()
  /** Sink positions that the group has been told. */
  #told: ReadonlyMap<TopicPartitionKey, number> = new Map()

  readonly #firstContact = { source: new FirstContact(), sink: new FirstContact() }

  constructor(options: ConnectorTasksOptions) {
    this.#options = options
  }

  get ids(): readonly string[] {
    return [...this.#sources.keys(), ...this.#sinks.keys()]
  }

  get sources(): Iterable<SourceHost> {
    return this.#sources.values()
  }

  get sinks(): Iterable<SinkHost> {
    return this.#sinks.values()
  }

  /** Stops what is not wanted any more, then starts what is new. */
  async assign(specs: readonly (SourceTaskSpec | SinkTaskSpec)[]): Promise<void> {
    const wanted = new Set(specs.map((spec) => spec.id))
    await this.#stop((id) => !wanted.has(id))
    for (const spec of specs) {
      if (spec.kind === 'source' && !this.#sources.has(spec.id)) this.#sources.set(spec.id, this.#startSource(spec))
      if (spec.kind === 'sink' && !this.#sinks.has(spec.id)) this.#sinks.set(spec.id, this.#startSink(spec))
    }
  }

  async stop(): Promise<void> {
    await this.#stop(() => true)
  }

  /**
   * Sink positions that the group does not know yet. The truth about them is in the sinks; the group's copy is for tools that
   * show lag, and for `caughtUp`.
   */
  news(): ReadonlyMap<TopicPartitionKey, number> {
    const news = new Map<TopicPartitionKey, number>()
    for (const sink of this.#sinks.values()) {
      const key = topicPartitionKey(sink.topic, sink.partition)
      if (sink.position >= 0 && this.#told.get(key) !== sink.position) news.set(key, sink.position)
    }
    return news
  }

  /** The group has these positions now. */
  told(news: ReadonlyMap<TopicPartitionKey, number>): void {
    if (news.size > 0) this.#told = new Map([...this.#told, ...news])
  }

  async #stop(chosen: (id: string) => boolean): Promise<void> {
    const hosts = [...this.#sources.values(), ...this.#sinks.values()].filter((host) => chosen(host.id))
    await Promise.all(hosts.map((host) => host.stop()))
    for (const { id } of hosts) {
      this.#sources.delete(id)
      this.#sinks.delete(id)
    }
  }

  #startSource(spec: SourceTaskSpec): SourceHost {
    const { plan, settings, log, logger, onFailure } = this.#options
    const feeds = plan.feeds.filter((feed) => feed.connector.name === spec.connector)
    return new SourceHost({
      id: spec.id,
      app: settings.app,
      connector: feeds[0]?.connector as Connector,
      feeds,
      options: settings.connectors.get(spec.connector),
      log,
      logger,
      firstContact: this.#firstContact.source,
      exactlyOnce: settings.guarantee === 'exactly-once',
      positionsTopic: positionsTopic(settings.app, spec.connector),
      onFailure,
    })
  }

  #startSink(spec: SinkTaskSpec): SinkHost {
    const { settings, log, logger, onFailure } = this.#options
    return new SinkHost({
      id: spec.id,
      view: spec.view,
      partition: spec.partition,
      options: settings.connectors.get(spec.view.connector.name),
      log,
      logger,
      firstContact: this.#firstContact.sink,
      onFailure,
    })
  }
}
