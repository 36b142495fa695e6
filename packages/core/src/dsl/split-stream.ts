import { MillraceError } from '../errors.ts'
import type { Any, SplitNode } from '../plan/nodes/node.ts'
import type { RecordView } from '../plan/record-view.ts'
import type { KeySerdeState } from './key-serde.ts'
import type { NodeHandle } from './node-handle.ts'
import type { Stream } from './stream.ts'

type Predicates = SplitNode['predicates']

/**
 * A stream on its way into branches: each record goes to the first branch whose predicate it satisfies. Made by `split`;
 * ends with `defaultBranch` or `noDefaultBranch`, which return the branches by name.
 *
 * @typeParam V what is left for the next branch: type guards narrow it
 */
export class SplitStream<K, V, State extends KeySerdeState, Branches> {
  /** Carries the types. */
  declare protected readonly types: { readonly value: V; readonly state: State; readonly branches: Branches }
  readonly #parent: NodeHandle
  readonly #name: string | undefined
  readonly #branches: ReadonlyMap<string, Predicates[number]>

  /** @internal */
  constructor(parent: NodeHandle, name: string | undefined, branches: ReadonlyMap<string, Predicates[number]>) {
    this.#parent = parent
    this.#name = name
    this.#branches = branches
  }

  /**
   * Adds a branch after those that there are.
   *
   * @throws {MillraceError} TOPOLOGY_NAME_CLASH when another branch has the name
   *
   * @param name what the branch is called in the result, and its part of the path of what follows it
   *
   * @example
   * ```ts
   * import { json, string, topology } from '@millrace/core'
   *
   * export const routed = topology('routed', (t) => {
   *   const { large, small } = t
   *     .stream('orders', { key: string(), value: json<{ cents: number }>() })
   *     .split()
   *     .branch('large', (order) => order.cents > 100_000)
   *     .defaultBranch('small')
   *   large.to('large-orders')
   *   small.to('small-orders')
   * })
   * ```
   */
  branch<Name extends string, W extends V>(
    name: Name,
    predicate: (value: V, key: K, record: RecordView) => value is W,
  ): SplitStream<K, Exclude<V, W>, State, Branches & { readonly [N in Name]: Stream<K, W, State> }>
  branch<Name extends string>(
    name: Name,
    predicate: (value: V, key: K, record: RecordView) => boolean,
  ): SplitStream<K, V, State, Branches & { readonly [N in Name]: Stream<K, V, State> }>
  branch(name: string, predicate: (value: V, key: K, record: RecordView) => boolean): Any {
    return new SplitStream(this.#parent, this.#name, this.#with(name, predicate))
  }

  /**
   * Ends the split with a branch for the records that no predicate wanted.
   *
   * @throws {MillraceError} TOPOLOGY_NAME_CLASH when two branches have one name; TOPOLOGY_INVALID for a name that no topic
   *   could have
   *
   * @example
   * ```ts
   * import { json, string, topology } from '@millrace/core'
   *
   * export const routed = topology('routed', (t) => {
   *   const { de, others } = t
   *     .stream('orders', { key: string(), value: json<{ country: string }>() })
   *     .split()
   *     .branch('de', (order) => order.country === 'DE')
   *     .defaultBranch('others')
   *   de.to('german-orders')
   *   others.to('foreign-orders')
   * })
   * ```
   */
  defaultBranch<Name extends string = 'default'>(name?: Name): Branches & { readonly [N in Name]: Stream<K, V, State> } {
    return this.#finish<Branches & { readonly [N in Name]: Stream<K, V, State> }>(this.#with(name ?? 'default', null))
  }

  /**
   * Ends the split; the records that no predicate wanted are dropped.
   *
   * @throws {MillraceError} TOPOLOGY_INVALID for a name that no topic could have
   *
   * @example
   * ```ts
   * import { json, string, topology } from '@millrace/core'
   *
   * export const paid = topology('paid', (t) => {
   *   const { paid, shipped } = t
   *     .stream('orders', { key: string(), value: json<{ status: string }>() })
   *     .split()
   *     .branch('paid', (order) => order.status === 'paid')
   *     .branch('shipped', (order) => order.status === 'shipped')
   *     .noDefaultBranch()
   *   paid.to('paid-orders')
   *   shipped.to('shipped-orders')
   * })
   * ```
   */
  noDefaultBranch(): Branches {
    return this.#finish<Branches>(this.#branches)
  }

  #with(name: string, predicate: Predicates[number]): ReadonlyMap<string, Predicates[number]> {
    if (this.#branches.has(name)) throw twice(this.#parent.id, name)
    return new Map(this.#branches).set(name, predicate)
  }

  #finish<B>(branches: ReadonlyMap<string, Predicates[number]>): B {
    const { graph, fluent, id: parent } = this.#parent
    const split = graph.add([parent], 'split', this.#name, { kind: 'split', predicates: [...branches.values()] })
    const streams = [...branches.keys()].map((name) => {
      const id = graph.add([split], name, name, { kind: 'branch' })
      return [name, fluent.stream({ ...this.#parent, id })] as const
    })
    return Object.fromEntries(streams) as B
  }
}

function twice(parent: string, name: string): MillraceError {
  return new MillraceError(
    'TOPOLOGY_NAME_CLASH',
    `Two branches of the split after "${parent}" are named "${name}"; give one of them another name`,
    { location: { operator: parent } },
  )
}
