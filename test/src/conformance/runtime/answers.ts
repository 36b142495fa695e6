import type { OutputRecord, Scenario } from '../scenario.ts'

/** Records that must be the same, by what they are the answer for. */
export type Answers = ReadonlyMap<string, readonly OutputRecord[]>

/**
 * With caches, or with several partitions, the last record of each key of a topic: how often a table is told and how keys
 * interleave depends on commits. Records without a key are then compared without regard to their order. Otherwise every record of a topic, in order.
 */
export function answersOf({ caching = false }: Scenario, partitions: number, records: readonly OutputRecord[]): Answers {
  if (partitions === 1 && !caching) return Map.groupBy(records, ({ out }) => out)
  const keyed = records.filter(({ key }) => key !== null)
  const keyless = Map.groupBy(
    records.filter(({ key }) => key === null),
    ({ out }) => `${out} without key`,
  )
  return new Map<string, readonly OutputRecord[]>([
    ...keyed.map((record) => [`${record.out}, key ${record.key}`, [record]] as const),
    ...[...keyless].map(([what, found]) => [what, found.toSorted(byContent)] as const),
  ])
}

/** What the user topics hold when everything went as recorded: a topic that is also read holds what the steps wrote to it, too. */
export function recordedOutputs({ steps, expect }: Scenario): readonly OutputRecord[] {
  const topics = new Set(expect.flatMap((step) => step.map(({ out }) => out)))
  return steps.flatMap((step, index) => {
    const answers = expect[index] ?? []
    if (index >= expect.length || !('in' in step) || !topics.has(step.in)) return answers
    const { in: out, key, value, ts, headers } = step
    return [{ out, key, value, ts, ...(headers !== undefined && headers.length > 0 && { headers }) }, ...answers]
  })
}

function byContent(a: OutputRecord, b: OutputRecord): number {
  const [left, right] = [JSON.stringify(a), JSON.stringify(b)]
  return left < right ? -1 : Number(left > right)
}
