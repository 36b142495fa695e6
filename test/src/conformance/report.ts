import type { Failure, Outcome } from './run-scenario.ts'
import type { Scenario } from './scenario.ts'

/** What Kafka Streams does there is a defect or an artefact: counted apart, not required. */
const NOT_REQUIRED = 'known-defects'

/** How a category went. */
export interface CategoryResult {
  readonly category: string
  passed: number
  total: number
  readonly failures: { readonly scenario: string; readonly failure: Failure }[]
  /** How many scenarios such a run can say nothing about. */
  skipped: number
  /** How many scenarios wanted a feature that the DSL does not have. */
  readonly unsupported: Map<string, number>
}

/** Adds up outcomes by category and says what is to be printed. */
export class Report {
  readonly #categories = new Map<string, CategoryResult>()
  readonly #title: string | undefined
  /** Why scenarios were skipped → how many. */
  readonly #skips = new Map<string, number>()

  /** @param title first line of the report */
  constructor(title?: string) {
    this.#title = title
  }

  add(scenario: Scenario, outcome: Outcome): void {
    const result = this.#category(scenario.category)
    if (outcome.kind === 'skipped') {
      result.skipped++
      this.#skips.set(outcome.why, (this.#skips.get(outcome.why) ?? 0) + 1)
      return
    }
    result.total++
    if (outcome.kind === 'passed') result.passed++
    else if (outcome.kind === 'failed') result.failures.push({ scenario: scenario.name, failure: outcome.failure })
    else result.unsupported.set(outcome.feature, (result.unsupported.get(outcome.feature) ?? 0) + 1)
  }

  get categories(): readonly CategoryResult[] {
    return [...this.#categories.values()]
  }

  /** True when every required scenario passed; with `supportedOnly`, when none failed that the DSL can express. */
  passed(supportedOnly: boolean): boolean {
    return this.categories.every(
      ({ category, failures, unsupported }) =>
        category === NOT_REQUIRED || (failures.length === 0 && (supportedOnly || unsupported.size === 0)),
    )
  }

  /** A line per category, and each failure with what was expected and what came. */
  *lines(options: { readonly maxFailures: number }): Iterable<string> {
    let passed = 0
    let total = 0
    if (this.#title !== undefined) yield this.#title
    for (const result of this.categories) {
      yield categoryLine(result)
      for (const { scenario, failure } of result.failures.slice(0, options.maxFailures)) yield failureText(scenario, failure)
      const more = result.failures.length - options.maxFailures
      if (more > 0) yield `  … and ${more} more failures (--all shows them)`
      if (result.category === NOT_REQUIRED) continue
      passed += result.passed
      total += result.total
    }
    for (const [why, count] of [...this.#skips].sort((a, b) => b[1] - a[1])) yield `not run: ${count}, ${why}`
    yield `required ${passed}/${total}`
  }

  #category(category: string): CategoryResult {
    const known = this.#categories.get(category)
    if (known !== undefined) return known
    const created = { category, passed: 0, total: 0, skipped: 0, failures: [], unsupported: new Map<string, number>() }
    this.#categories.set(category, created)
    return created
  }
}

function categoryLine({ category, passed, total, skipped, unsupported }: CategoryResult): string {
  const line = `${category} ${passed}/${total}${skipped === 0 ? '' : `, not run ${skipped}`}`
  const note = category === NOT_REQUIRED ? ' (not required)' : ''
  if (unsupported.size === 0) return line + note
  const features = [...unsupported].sort((a, b) => b[1] - a[1]).map(([feature, count]) => `${feature} ${count}`)
  const sum = [...unsupported.values()].reduce((a, b) => a + b, 0)
  return `${line}${note}, unsupported ${sum}: ${features.join(', ')}`
}

function failureText(scenario: string, { where, expected, got }: Failure): string {
  return `  ${scenario}, ${where}\n    expected ${JSON.stringify(expected)}\n    got      ${JSON.stringify(got)}`
}
