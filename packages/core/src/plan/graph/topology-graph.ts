import { MillraceError } from '../../errors.ts'
import { validName } from '../names.ts'
import type { StoreBuilder } from '../store-builder.ts'
import type { GraphNode } from './graph-node.ts'

/** A topology as it was written: what is planned. */
export interface TopologyGraph {
  readonly name: string
  /** In creation order, parents first. */
  readonly nodes: readonly GraphNode[]
  /** Stores that processors share, by name. */
  readonly stores: ReadonlyMap<string, StoreBuilder>
}

/** A node before it has its id. */
export type NewNode = DistributiveOmit<GraphNode, 'id' | 'parents'>
type DistributiveOmit<T, K extends PropertyKey> = T extends unknown ? Omit<T, K> : never

/**
 * Collects the nodes of one topology while it is being written, and gives them their path names: the first parent's id, then
 * the operator's own name or kind. Among siblings of one kind the second gets `-2`. So an id depends on nothing but the way
 * from its source and its like siblings.
 */
export class GraphBuilder implements TopologyGraph {
  readonly name: string
  readonly stores: Map<string, StoreBuilder> = new Map()
  readonly #nodes = new Map<string, GraphNode>()
  #sealed = false

  constructor(name: string) {
    this.name = validName(name, 'topology')
  }

  get nodes(): readonly GraphNode[] {
    return [...this.#nodes.values()]
  }

  get(id: string): GraphNode | undefined {
    return this.#nodes.get(id)
  }

  /**
   * Adds a node under its parents.
   *
   * @param kind last part of the path when the user gave no name
   * @returns its id
   * @throws {MillraceError} TOPOLOGY_INVALID after the topology was built; TOPOLOGY_NAME_CLASH when two siblings have one name
   */
  add(parents: readonly [string, ...string[]], kind: string, name: string | undefined, node: NewNode): string {
    const path = `${parents[0]}/${name === undefined ? kind : validName(name, `${parents[0]}: name`)}`
    this.#checkOpen(path)
    if (name !== undefined && this.#nodes.has(path)) {
      throw new MillraceError(
        'TOPOLOGY_NAME_CLASH',
        `Two operators after "${parents[0]}" are named "${name}"; give one of them another name`,
      )
    }
    let id = path
    for (let index = 2; this.#nodes.has(id); index++) id = `${path}-${index}`
    this.#nodes.set(id, Object.freeze({ ...node, id, parents }) as GraphNode)
    return id
  }

  /**
   * Adds a node under a name of its own instead of a path.
   *
   * @returns its id: the name
   * @throws {MillraceError} TOPOLOGY_INVALID after the topology was built, or for a name that no topic could have;
   *   TOPOLOGY_NAME_CLASH when something else has the name
   */
  addNamed(name: string, parents: readonly string[], node: NewNode): string {
    this.#checkOpen(validName(name, 'name'))
    if (this.#nodes.has(name)) {
      throw new MillraceError('TOPOLOGY_NAME_CLASH', `Something is named "${name}" already; give the new one another name`, {
        location: { operator: name },
      })
    }
    this.#nodes.set(name, Object.freeze({ ...node, id: name, parents }) as GraphNode)
    return name
  }

  /** Adds a node without parents under the id given. */
  addSource(id: string, node: NewNode): void {
    this.#checkOpen(id)
    this.#nodes.set(id, Object.freeze({ ...node, id, parents: [] }) as GraphNode)
  }

  /**
   * Declares a store; the same builder may be declared several times.
   *
   * @returns its name
   * @throws {MillraceError} TOPOLOGY_NAME_CLASH when it is another one than the store of that name
   */
  declareStore(builder: StoreBuilder): string {
    const { name } = builder
    this.#checkOpen(name)
    const present = this.stores.get(validName(name, 'store'))
    if (present !== undefined && present !== builder) {
      throw new MillraceError(
        'TOPOLOGY_NAME_CLASH',
        `Two stores are named "${name}". Make the builder once and give it to all who share the store, or give one of them another name`,
        { location: { store: name } },
      )
    }
    this.stores.set(name, builder)
    return name
  }

  /** From here on nothing can be added: what the user kept of it can't change a topology that is running. */
  seal(): void {
    this.#sealed = true
  }

  #checkOpen(path: string): void {
    if (!this.#sealed) return
    throw new MillraceError(
      'TOPOLOGY_INVALID',
      `"${path}" was added after topology "${this.name}" was built. Add operators inside the function given to topology(), and keep no stream or table beyond it`,
    )
  }
}
