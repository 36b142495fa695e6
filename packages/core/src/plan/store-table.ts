import type { StoreDefinition } from '@millrace/state-store'
import { MillraceError } from '../errors.ts'
import { uncheckedSerde } from '../serde/serde.ts'
import { declaredStore } from './declared-store.ts'
import type { StoreRequest } from './graph/index.ts'
import { internalTopic, nameFromPath, validName } from './names.ts'
import type { EmitStrategy, WindowPlan } from './nodes/window-nodes.ts'
import type { StoreBuilder } from './store-builder.ts'
import type { TopicTable } from './topic-table.ts'
import type { StorePlan, TopicPlan } from './topology-plan.ts'
import { windowedStore } from './windowed-stores.ts'

/** Changelogs of windows keep a day more than the windows (Kafka Streams' windowstore.changelog.additional.retention.ms). */
const CHANGELOG_EXTRA_MS = 86_400_000

interface StoreTableOptions {
  readonly app: string
  readonly caching: boolean
  readonly declaredStores: ReadonlyMap<string, StoreBuilder>
}

/** The stores of a plan while it is made. */
export class StoreTable {
  readonly #app: string
  readonly #caching: boolean
  readonly #topics: TopicTable
  readonly #plans = new Map<string, StorePlan>()

  /** Declared ones are added when the first operator is connected to them. */
  readonly #declared: ReadonlyMap<string, StoreBuilder>

  constructor({ app, caching, declaredStores }: StoreTableOptions, topics: TopicTable) {
    this.#app = app
    this.#caching = caching
    this.#topics = topics
    this.#declared = declaredStores
  }

  get plans(): ReadonlyMap<string, StorePlan> {
    return this.#plans
  }

  /**
   * Adds the store of an operator and its changelog topic.
   *
   * @returns the store's name
   * @throws {MillraceError} TOPOLOGY_NAME_CLASH, TOPOLOGY_INVALID
   */
  add(operator: string, request: StoreRequest, window?: WindowPlan, emit?: EmitStrategy): string {
    const name = this.#claim(request.as ?? nameFromPath(operator), operator)
    const common = {
      name,
      key: uncheckedSerde(request.key),
      value: uncheckedSerde(request.value),
      caching: request.caching ?? this.#caching,
      ...(request.inMemory && { storage: 'memory' as const }),
    }
    const { definition, retention } =
      window === undefined
        ? tableStore(common, request.versioned)
        : windowedStore(common, window, { retention: request.retention, emit })
    this.#plans.set(name, {
      definition,
      operators: [operator],
      ...(request.logging && { changelogTopic: this.#addChangelog(operator, name, retention) }),
    })
    return name
  }

  /**
   * Adds the store of a table whose topic has all that a changelog would have.
   *
   * @returns the store's name
   * @throws {MillraceError} TOPOLOGY_NAME_CLASH
   */
  addReusing(operator: string, request: StoreRequest, sourceTopic: string): string {
    const name = this.add(operator, { ...request, logging: false })
    const plan = this.#plans.get(name)
    if (plan !== undefined) this.#plans.set(name, { ...plan, sourceTopic })
    return name
  }

  /**
   * Adds the store of a global table, whose topic is its changelog.
   *
   * @returns the store's name
   * @throws {MillraceError} TOPOLOGY_NAME_CLASH
   */
  addGlobal(id: string, { as, key, value }: StoreRequest): string {
    const name = this.#claim(as ?? nameFromPath(id), id)
    // Everything in it is committed at once: there is nothing to merge.
    const codecs = { key: uncheckedSerde(key), value: uncheckedSerde(value) }
    this.#plans.set(name, { definition: { kind: 'timestamped', name, ...codecs, caching: false }, operators: [] })
    return name
  }

  /**
   * Adds a global store: it is filled from a topic that every process reads whole.
   *
   * @returns its name
   * @throws {MillraceError} TOPOLOGY_NAME_CLASH
   */
  addGlobalDeclared(id: string, builder: StoreBuilder): string {
    const name = this.#claim(builder.name, id)
    this.#plans.set(name, { definition: { ...declaredStore(builder, false), caching: false }, declared: builder, operators: [] })
    return name
  }

  /**
   * Adds a store that only its operator sees, with its changelog topic.
   *
   * @param retention ms; absent: entries are kept until they are deleted
   * @throws {MillraceError} TOPOLOGY_NAME_CLASH
   */
  addOwn(
    operator: string,
    definition: StoreDefinition,
    { logging, retention = null }: { readonly logging: boolean; readonly retention?: number | null },
  ): string {
    const name = this.#claim(definition.name, operator)
    const changelog = logging ? { changelogTopic: this.#addChangelog(operator, name, retention) } : {}
    this.#plans.set(name, { definition, operators: [operator], ...changelog })
    return name
  }

  /**
   * Lets an operator use stores: declared ones, or those of operators that were created before it.
   *
   * @throws {MillraceError} TOPOLOGY_INVALID when there is no such store
   */
  connect(operator: string, names: readonly string[]): void {
    for (const name of new Set(names)) {
      const declared = this.#declared.get(name)
      const present = this.#plans.get(name)
      if (present !== undefined) this.#plans.set(name, { ...present, operators: [...present.operators, operator] })
      else if (declared !== undefined) this.#addDeclared(operator, declared)
      else throw unknown(name, operator, [...this.#plans.keys(), ...this.#declared.keys()])
    }
  }

  #claim(name: string, operator: string): string {
    const present = this.#plans.get(validName(name, `${operator}: as`))
    if (present !== undefined) throw clash(name, `belongs to "${present.operators.join(', ')}" and to "${operator}"`, operator)
    if (this.#declared.has(name)) throw clash(name, `belongs to "${operator}" and was declared for processors`, operator)
    return name
  }

  #addDeclared(operator: string, declared: StoreBuilder): void {
    const { name, logging } = declared
    const retention = 'retention' in declared ? declared.retention : null
    this.#plans.set(name, {
      definition: declaredStore(declared, this.#caching),
      declared,
      operators: [operator],
      ...(logging && { changelogTopic: this.#addChangelog(operator, name, retention) }),
    })
  }

  #addChangelog(operator: string, name: string, retention: number | null): string {
    const topic = internalTopic(this.#app, name, 'changelog')
    const cleanup: Pick<TopicPlan, 'cleanup' | 'retentionMs'> =
      retention === null || !Number.isFinite(retention)
        ? { cleanup: 'compact' }
        : { cleanup: 'compact,delete', retentionMs: retention + CHANGELOG_EXTRA_MS }
    return this.#topics.add(operator, { topic, role: 'changelog', ...cleanup })
  }
}

function clash(store: string, whose: string, operator: string): MillraceError {
  return new MillraceError('TOPOLOGY_NAME_CLASH', `Store "${store}" ${whose}. Give one of them another name with 'as'`, {
    location: { store, operator },
  })
}

function unknown(store: string, operator: string, known: readonly string[]): MillraceError {
  const list = known.length === 0 ? 'none' : [...new Set(known)].join(', ')
  return new MillraceError(
    'TOPOLOGY_INVALID',
    `"${operator}" wants store "${store}", which is not there (so far there are: ${list}). Give it the store's builder in 'stores', declare the store with t.addStateStore before, or correct the name`,
    { location: { store, operator } },
  )
}

/** A table keeps the latest value of each key, or (KIP-889) versions, of which each counts: they are not cached. */
function tableStore(
  common: Pick<StoreDefinition, 'name' | 'key' | 'value' | 'caching' | 'storage'>,
  historyRetention: number | undefined,
): { readonly definition: StoreDefinition; readonly retention: null } {
  if (historyRetention === undefined) return { definition: { kind: 'timestamped', ...common }, retention: null }
  return { definition: { kind: 'versioned', ...common, caching: false, historyRetention }, retention: null }
}
