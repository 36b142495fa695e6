import type { StoreDefinition } from '@millrace/state-store'
import { interval, map, type Observable, startWith, takeWhile } from 'rxjs'
import type { Topology } from '../dsl/index.ts'
import { MillraceError } from '../errors.ts'
import type { MetricsSnapshot } from '../metrics/index.ts'
import { describeText, planTopology, type TopologyPlan } from '../plan/index.ts'
import type { Connector } from '../connect/index.ts'
import { ChangeFeed, KeyValueQuery, SessionQuery, type StoreAccess, VersionedQuery, WindowQuery } from '../query/index.ts'
import { AppLife, type AppState } from './app-state.ts'
import { AppSession } from './app-session.ts'
import { closestName } from './closest-name.ts'
import { collectMetrics } from './collect-metrics.ts'
import { jsonLinesLogger, silentLogger } from './json-lines-logger.ts'
import type { Logger } from './logger.ts'
import type { AppOptions, ResolvedOptions } from './options.ts'
import { resolveOptions } from './resolve-options.ts'

/** What a graceful stop may take; afterwards the app ends without its last commit, which the next start does again. */
const STOP_WITHIN_MS = 9_000
const METRICS_EVERY_MS = 1_000

/** A topology at work in this process. Made by {@link createApp}; it runs once. */
export interface App {
  /** Where the app is in its life. */
  readonly state: AppState
  /** `state`, now and whenever it changes. Completes after `stopped` and `failed`. */
  readonly state$: Observable<AppState>
  /** All figures, at once and then every second while subscribed. */
  readonly metrics$: Observable<MetricsSnapshot>
  /** Resolves when the app has stopped; rejects with the error that stopped it. */
  readonly stopped: Promise<void>
  /**
   * Resolves when all tasks of this process run (their state restored), or the app was stopped meanwhile.
   * @throws {MillraceError} what kept it from starting: STATE_LOCKED, STATE_INCOMPATIBLE, TOPIC_MISSING, TOPIC_MISMATCH,
   *   NOT_COPARTITIONED, BROKER_UNREACHABLE, …; APP_STATE when it was started before
   */
  start(): Promise<void>
  /** Commits, leaves the group and closes everything, within 10 s. Also resolves when the app has failed before. */
  stop(): Promise<void>
  /**
   * Resolves when everything that was in the input (of the connectors that can tell: in their source) at the call has gone
   * through the topology and its views. Commits early meanwhile. For tests and demonstrations.
   * @throws {MillraceError} APP_STATE when the app does not run, or stops meanwhile
   */
  caughtUp(): Promise<void>
  /**
   * Queries a key-value store (a table, an aggregate without windows) by the name that the topology gave it.
   * @throws {MillraceError} CONFIG_INVALID when there is no such store
   */
  store<K = unknown, V = unknown>(name: string): KeyValueQuery<K, V>
  /**
   * Queries a window store.
   * @throws {MillraceError} CONFIG_INVALID when there is no such store
   */
  windowStore<K = unknown, V = unknown>(name: string): WindowQuery<K, V>
  /**
   * Queries a session store.
   * @throws {MillraceError} CONFIG_INVALID when there is no such store
   */
  sessionStore<K = unknown, V = unknown>(name: string): SessionQuery<K, V>
  /**
   * Queries the store of a versioned table.
   * @throws {MillraceError} CONFIG_INVALID when there is no such store
   */
  versionedStore<K = unknown, V = unknown>(name: string): VersionedQuery<K, V>
  /** The plan as text: sub-topologies, operators, stores, topics. */
  describe(): string
}

/**
 * Prepares a topology to run. Nothing is opened before `start`.
 *
 * @throws {MillraceError} CONFIG_INVALID: which option, what was expected; TOPOLOGY_INVALID
 *
 * @example
 * ```ts fragment
 * import { createApp } from '@millrace/core'
 *
 * const app = createApp(shop, { log: 'embedded', mysql: 'mysql://…' })
 * app.state$.subscribe((state) => console.log(state.status))
 * await app.start()
 * console.log(await app.store('orders-by-status').get('paid'))
 * await app.stop()
 * ```
 */
export function createApp(topology: Topology, options: AppOptions): App {
  return new RunnableApp(topology, options)
}

class RunnableApp implements App {
  readonly stopped: Promise<void>
  readonly #plan: TopologyPlan
  readonly #settings: ResolvedOptions
  readonly #logger: Logger
  readonly #life = new AppLife()
  readonly #feeds: ReadonlyMap<string, ChangeFeed>
  readonly #ended = Promise.withResolvers<void>()
  readonly #stopping = new AbortController()
  /** Resolves when a stop has taken too long. */
  readonly #late = Promise.withResolvers<void>()
  #session: AppSession | undefined

  constructor(topology: Topology, options: AppOptions) {
    const connectors = connectorsOf(planTopology(topology))
    this.#settings = resolveOptions(topology.name, options, connectors)
    this.#plan = planTopology(topology, {
      app: this.#settings.app,
      caching: this.#settings.cacheMaxBytes > 0,
      optimize: this.#settings.optimize,
    })
    const { logger } = this.#settings
    this.#logger = logger === false ? silentLogger : (logger ?? jsonLinesLogger({ app: this.#settings.app }))
    this.#feeds = new Map([...this.#plan.stores.keys()].map((store) => [store, new ChangeFeed()]))
    this.stopped = this.#ended.promise
    // Who does not wait for it hears of a failure through `start` and `state$`.
    this.stopped.catch(() => undefined)
  }

  get state(): AppState {
    return this.#life.state
  }

  get state$(): Observable<AppState> {
    return this.#life.state$
  }

  get metrics$(): Observable<MetricsSnapshot> {
    return interval(METRICS_EVERY_MS).pipe(
      startWith(0),
      takeWhile(() => !this.#life.ended, true),
      map(() => collectMetrics(this.#session?.worker, Date.now())),
    )
  }

  async start(): Promise<void> {
    this.#life.enter({ status: 'starting' })
    this.#logger.info('starting', { guarantee: this.#settings.guarantee, stateDir: this.#settings.stateDir })
    const running = Promise.withResolvers<void>()
    void this.#run(running.resolve)
    await Promise.race([running.promise, this.stopped])
  }

  async stop(): Promise<void> {
    if (this.#life.state.status === 'created') {
      this.#life.enter({ status: 'stopped' })
      this.#ended.resolve()
    }
    if (this.#life.ended) return
    if (!this.#stopping.signal.aborted) {
      this.#life.enter({ status: 'stopping' })
      this.#stopping.abort()
    }
    const timer = setTimeout(() => this.#abandon(), STOP_WITHIN_MS)
    await this.stopped.catch(() => undefined)
    clearTimeout(timer)
  }

  async caughtUp(): Promise<void> {
    const session = this.#running()
    await session.caughtUp().catch((error: unknown) => {
      if (!session.over) throw error
    })
    if (!session.over) return
    // How it ended is known when everything is closed.
    await this.stopped.catch(() => undefined)
    throw notRunning(this.#life.state)
  }

  store<K = unknown, V = unknown>(name: string): KeyValueQuery<K, V> {
    return new KeyValueQuery<K, V>(this.#access(name, 'store'))
  }

  windowStore<K = unknown, V = unknown>(name: string): WindowQuery<K, V> {
    return new WindowQuery<K, V>(this.#access(name, 'windowStore'))
  }

  sessionStore<K = unknown, V = unknown>(name: string): SessionQuery<K, V> {
    return new SessionQuery<K, V>(this.#access(name, 'sessionStore'))
  }

  versionedStore<K = unknown, V = unknown>(name: string): VersionedQuery<K, V> {
    return new VersionedQuery<K, V>(this.#access(name, 'versionedStore'))
  }

  describe(): string {
    return describeText(this.#plan)
  }

  async #run(onRunning: () => void): Promise<void> {
    try {
      await Promise.race([this.#work(onRunning), this.#late.promise])
      this.#life.enter({ status: 'stopped' })
      this.#logger.info('stopped')
      this.#ended.resolve()
    } catch (error) {
      this.#failed(error)
    }
  }

  async #work(onRunning: () => void): Promise<void> {
    const { signal } = this.#stopping
    const session = await AppSession.open({
      plan: this.#plan,
      settings: this.#settings,
      logger: this.#logger,
      feeds: this.#feeds,
      onStatus: (status) => {
        if (signal.aborted) return
        this.#life.enter(status)
        if (status.status === 'running') onRunning()
      },
    })
    this.#session = session
    if (signal.aborted) session.stop()
    else signal.addEventListener('abort', () => session.stop(), { once: true })
    await session.run()
  }

  #abandon(): void {
    if (this.#life.ended) return
    this.#logger.warn('stop-late', { action: 'ending without the last commit', afterMs: STOP_WITHIN_MS })
    this.#session?.abandon()
    this.#late.resolve()
  }

  #failed(thrown: unknown): void {
    const error = thrown instanceof Error ? thrown : new Error(String(thrown))
    const location = error instanceof MillraceError ? error.location : {}
    const code = 'code' in error ? String(error.code) : undefined
    this.#logger.error('failed', { code, error: error.message, ...location })
    this.#life.enter({ status: 'failed', error })
    this.#ended.reject(error)
  }

  #running(): AppSession {
    if (this.#session === undefined || this.#life.ended || this.#stopping.signal.aborted) throw notRunning(this.#life.state)
    return this.#session
  }

  #access(name: string, method: QueryMethod): StoreAccess {
    const definition = this.#plan.stores.get(name)?.definition
    const feed = this.#feeds.get(name)
    if (definition === undefined || feed === undefined) throw unknownStore(name, [...this.#plan.stores.keys()])
    const right = QUERIED_BY[definition.kind]
    if (right !== method) {
      throw new MillraceError(
        'CONFIG_INVALID',
        `Store "${name}" is a ${definition.kind} store: query it with app.${right}('${name}').`,
        { location: { store: name } },
      )
    }
    return { definition, feed, read: async (read) => this.#running().query(name, read) }
  }
}

type QueryMethod = 'store' | 'windowStore' | 'sessionStore' | 'versionedStore'

const QUERIED_BY: Readonly<Record<StoreDefinition['kind'], QueryMethod>> = {
  'key-value': 'store',
  timestamped: 'store',
  window: 'windowStore',
  session: 'sessionStore',
  versioned: 'versionedStore',
}

function connectorsOf(plan: TopologyPlan): readonly Connector[] {
  return [...plan.feeds, ...plan.views].map(({ connector }) => connector)
}

function notRunning(state: AppState): MillraceError {
  const hint = state.status === 'created' || state.status === 'starting' ? 'Await app.start() first.' : 'Create a new one.'
  return new MillraceError('APP_STATE', `The app is ${state.status}, it does not run. ${hint}`)
}

function unknownStore(name: string, known: readonly string[]): MillraceError {
  const meant = closestName(name, known)
  const hint = meant === undefined ? `It has: ${known.join(', ') || 'none'}.` : `Did you mean "${meant}"?`
  return new MillraceError('CONFIG_INVALID', `The topology has no store "${name}". ${hint}`, { location: { store: name } })
}
