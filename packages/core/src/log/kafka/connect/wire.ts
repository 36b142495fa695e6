import type { Logger } from '../../../runtime/logger.ts'
import { check, ConnectionError, type Recovery } from '../errors.ts'
import { type RetryOptions, withRetries } from '../retry.ts'
import { type Api, type CoordinatorKind, findCoordinatorApi } from '../wire/index.ts'
import type { Cluster } from './cluster.ts'
import type { Connection } from './connection.ts'

/**
 * A set of connections for one purpose, one to each broker that it talks to. A broker answers the requests of a connection one
 * after the other, so a long poll and a commit may not share one: readers, writers and members each have a wire.
 */
export class Wire {
  readonly cluster: Cluster
  readonly #connections = new Map<number, Promise<Connection>>()
  readonly #coordinators = new Map<string, Promise<number>>()
  #closed = false

  constructor(cluster: Cluster) {
    this.cluster = cluster
  }

  get logger(): Logger {
    return this.cluster.logger
  }

  /**
   * Sends a request to a node. No retries.
   * @param extraMs what the request itself makes the broker wait, ms
   */
  async send<Request, Response>(node: number, api: Api<Request, Response>, request: Request, extraMs = 0): Promise<Response> {
    const connection = await this.#connection(node)
    return await connection.send(api, request, this.cluster.requestTimeoutMs + extraMs)
  }

  /** Sends to any broker. */
  async sendToAny<Request, Response>(api: Api<Request, Response>, request: Request): Promise<Response> {
    return await this.send(await this.#anyNode(), api, request)
  }

  /** Sends to the coordinator of a group or a transactional id, finding it first. No retries. */
  async sendToCoordinator<Request, Response>(
    kind: CoordinatorKind,
    name: string,
    api: Api<Request, Response>,
    request: Request,
    extraMs = 0,
  ): Promise<Response> {
    return await this.send(await this.#coordinator(kind, name), api, request, extraMs)
  }

  /** Forgets who coordinates: the next request looks again. */
  forgetCoordinators(): void {
    this.#coordinators.clear()
  }

  /** Retries, finding coordinators or leaders of these topics again as the error asks. */
  async retry<T>(
    what: string,
    attempt: () => Promise<T>,
    options: Partial<RetryOptions> & { readonly topics?: () => Iterable<string> } = {},
  ): Promise<T> {
    const { topics, ...rest } = options
    return await withRetries(attempt, {
      what,
      timeoutMs: this.cluster.retryTimeoutMs,
      logger: this.logger,
      recover: async (recovery: Recovery) => {
        this.forgetCoordinators()
        if (recovery === 'metadata') await this.cluster.refresh(topics?.() ?? [])
      },
      ...rest,
    })
  }

  close(): void {
    this.#closed = true
    for (const connecting of this.#connections.values()) connecting.then((connection) => connection.close()).catch(() => {})
    this.#connections.clear()
  }

  async #anyNode(): Promise<number> {
    if (this.cluster.anyNode === undefined) await this.cluster.refresh([])
    const node = this.cluster.anyNode
    if (node === undefined) throw new ConnectionError('of the cluster', 'none is listed in the metadata')
    return node
  }

  #coordinator(kind: CoordinatorKind, name: string): Promise<number> {
    const key = `${kind}:${name}`
    const known = this.#coordinators.get(key)
    if (known !== undefined) return known
    const finding = this.#find(kind, name)
    this.#coordinators.set(key, finding)
    finding.catch(() => this.#coordinators.delete(key))
    return finding
  }

  async #find(kind: CoordinatorKind, name: string): Promise<number> {
    const found = await this.sendToAny(findCoordinatorApi, { kind, name })
    check(found.error, `Finding the coordinator of ${kind} ${name}`)
    this.cluster.learn(found)
    return found.node
  }

  async #connection(node: number): Promise<Connection> {
    const known = this.#connections.get(node)
    if (known !== undefined) {
      const connection = await known
      if (connection.usable) return connection
      connection.close()
      if (this.#connections.get(node) === known) this.#connections.delete(node)
      return await this.#connection(node)
    }
    const connecting = this.cluster.connect(node)
    this.#connections.set(node, connecting)
    try {
      const connection = await connecting
      if (this.#closed) connection.close()
      return connection
    } catch (error) {
      if (this.#connections.get(node) === connecting) this.#connections.delete(node)
      throw error
    }
  }
}
