/** One scenario of `conformance-vectors/`, as FORMAT.md there describes it. */
export interface Scenario {
  readonly name: string
  readonly category: string
  readonly tags?: readonly string[]
  readonly caching?: boolean
  readonly optimize?: boolean
  readonly onProcessingError?: 'continue'
  readonly nodes: readonly ScenarioNode[]
  readonly steps: readonly Step[]
  readonly expect: readonly (readonly OutputRecord[])[]
  readonly expectStores?: Readonly<Record<string, ExpectedStore>>
  readonly expectError?: ExpectedError
}

export interface ScenarioNode {
  readonly id: string
  readonly op: string
  readonly from?: string | readonly string[]
  readonly topic?: string
  readonly topics?: readonly string[]
  readonly timestamp?: string
  readonly store?: string
  readonly retention?: number
  readonly versioned?: number
  readonly name?: string
  readonly pred?: string
  readonly key?: string
  readonly value?: string
  readonly flat?: string
  readonly reducer?: string
  readonly init?: string | null
  readonly agg?: string
  readonly merger?: string
  readonly strategy?: string
  readonly until?: string
  readonly ms?: number
  readonly maxRecords?: number
  readonly maxBytes?: number
  readonly onFull?: string
  readonly adder?: string
  readonly subtractor?: string
  readonly window?: ScenarioWindow
  readonly branches?: readonly (readonly [name: string, predicate: string])[]
  readonly default?: string
  readonly chooser?: string
  readonly joiner?: string
  readonly fk?: string
  readonly grace?: number
  readonly processor?: string
  readonly stores?: readonly string[]
  readonly kind?: string
  readonly size?: number
  readonly duplicates?: boolean
}

export interface ScenarioWindow {
  readonly type: string
  readonly size?: number
  readonly advance?: number
  readonly gap?: number
  readonly diff?: number
  readonly start?: number
  readonly grace?: number
  readonly before?: number
  readonly after?: number
}

export type HeaderList = readonly (readonly [name: string, value: string | null])[]

export interface InputStep {
  readonly in: string
  readonly key: string | null
  readonly value: string | null
  readonly ts: number
  readonly headers?: HeaderList
}

export type Step = InputStep | { readonly advanceWallClock: number }

export interface OutputRecord {
  readonly out: string
  readonly key: string | null
  readonly value: string | null
  readonly ts: number
  readonly headers?: HeaderList
}

export interface ExpectedStore {
  readonly kind: string
  readonly rows: readonly (readonly (string | number | null)[])[]
}

export type ExpectedError = { readonly at: 'build' } | { readonly at: 'step'; readonly step: number }
