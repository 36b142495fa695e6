import type { StoreDefinition } from '@millrace/state-store'
import type { TopologyPlan } from '../plan/index.ts'

/** What state on disk depends on: saved beside it, and compared before it is used by another version of the topology. */
export interface StateDescription {
  readonly format: number
  readonly app: string
  readonly stores: Readonly<Record<string, StoreDescription>>
}

export interface StoreDescription {
  readonly kind: string
  /** Names of the serdes: those of one name read each other's bytes. */
  readonly key: string
  readonly value: string
  /** Length of the windows, ms; window stores only. */
  readonly windowSize?: number
  readonly subtopology: string
  /** Partitions of the sub-topology: decides which keys the state of a task has. */
  readonly partitions: number
}

/** Version of the layout of the state folder. */
export const STATE_FORMAT = 1

export function describeState(plan: TopologyPlan, partitions: ReadonlyMap<string, number>): StateDescription {
  const stores: Record<string, StoreDescription> = {}
  for (const subtopology of plan.subtopologies) {
    for (const store of subtopology.stores) {
      const definition = plan.stores.get(store)?.definition
      if (definition === undefined) continue
      stores[store] = {
        ...describeStore(definition),
        subtopology: subtopology.name,
        partitions: Math.max(0, ...subtopology.sourceTopics.map((topic) => partitions.get(topic) ?? 0)),
      }
    }
  }
  return { format: STATE_FORMAT, app: plan.app, stores }
}

/** What makes the state of one unreadable for the other, in words; empty when they fit. Stores of one of them only are no matter. */
export function differences(saved: StateDescription, wanted: StateDescription): readonly string[] {
  if (saved.format !== wanted.format) return [`its format is ${saved.format}, this version reads ${wanted.format}`]
  if (saved.app !== wanted.app) return [`it belongs to app "${saved.app}", not to "${wanted.app}"`]
  return Object.entries(wanted.stores).flatMap(([name, store]) => {
    const before = saved.stores[name]
    if (before === undefined) return []
    return (['kind', 'key', 'value', 'windowSize', 'partitions'] as const)
      .filter((aspect) => before[aspect] !== store[aspect])
      .map((aspect) => `store "${name}" had ${WORDS[aspect]} ${before[aspect]}, now ${store[aspect]}`)
  })
}

const WORDS = {
  kind: 'kind',
  key: 'key serde',
  value: 'value serde',
  windowSize: 'window size',
  partitions: 'a number of partitions of',
} as const

function describeStore(definition: StoreDefinition): Pick<StoreDescription, 'kind' | 'key' | 'value' | 'windowSize'> {
  const { kind, key, value } = definition
  return {
    kind,
    key: serdeName(key),
    value: serdeName(value),
    // The size of unlimited windows is left out: JSON has no Infinity.
    ...(kind === 'window' && Number.isFinite(definition.size) ? { windowSize: definition.size } : {}),
  }
}

function serdeName(codec: object): string {
  return 'name' in codec && typeof codec.name === 'string' ? codec.name : 'custom'
}
