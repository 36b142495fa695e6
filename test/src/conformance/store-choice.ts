import type { ScenarioNode } from './scenario.ts'

/** How the store of a node is kept. */
export interface StoreChoice {
  readonly as?: string
  readonly caching: boolean
}

export interface WindowedStoreChoice extends StoreChoice {
  readonly retention?: number
}

const DAY = 86_400_000

/** Chooses the stores of one scenario. */
export class StoreChoices {
  readonly caching: boolean

  constructor(caching: boolean) {
    this.caching = caching
  }

  of({ store }: ScenarioNode): StoreChoice {
    return store === undefined ? { caching: this.caching } : { caching: this.caching, as: store }
  }

  /** Of a table that may keep versions. */
  ofTable(node: ScenarioNode): StoreChoice & { readonly versioned?: number } {
    const { versioned } = node
    return versioned === undefined ? this.of(node) : { ...this.of(node), versioned }
  }

  /** Kafka Streams' caches show a window as long as they hold it, and those of the recording never let one go. */
  ofWindows(node: ScenarioNode): WindowedStoreChoice {
    const { retention } = node
    if (this.caching) return { ...this.of(node), retention: Math.max(retention ?? 0, DAY) }
    return retention === undefined ? this.of(node) : { ...this.of(node), retention }
  }

  /** FORMAT.md, emit on close: recorded with a store retention of a day. */
  ofClosingWindows(node: ScenarioNode): WindowedStoreChoice {
    return { ...this.of(node), retention: node.retention ?? DAY }
  }
}
