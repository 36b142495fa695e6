import type { PeerResult } from './meter.ts'
import type { Workload } from './workload.ts'

export interface Row {
  readonly peer: string
  readonly workload: Workload
  readonly result: PeerResult
}

/** Median (and range) for each workload and peer, and how many times fewer CPU seconds than Kafka Streams. Pure. */
export function table(rows: readonly Row[]): readonly string[] {
  const lines = [
    '| workload | peer | runs | rec/s | rec/s, warmed up | CPU s per M | CPU s per M, warmed up | × Kafka Streams per CPU s | RSS MB |',
    '| --- | --- | --- | --- | --- | --- | --- | --- | --- |',
  ]
  for (const [group, runs] of Map.groupBy(rows, ({ workload, peer }) => `${workload} | ${peer}`)) {
    const of = (field: keyof PeerResult) => runs.map(({ result }) => Number(result[field]))
    const streams = rows.filter(({ workload, peer }) => peer === 'kafka-streams' && workload === runs[0]?.workload)
    const ratio = (field: 'cpuPerM' | 'cpuPerMSS') => {
      const theirs = streams.map(({ result }) => result[field])
      return theirs.length === 0 ? '–' : (median(theirs) / median(of(field))).toFixed(2)
    }
    lines.push(
      `| ${group} | ${runs.length} | ${span(of('rps'), thousands)} | ${span(of('rpsSS'), thousands)} | ${span(of('cpuPerM'), seconds)} | ${span(of('cpuPerMSS'), seconds)} | ${ratio('cpuPerM')}; warmed up ${ratio('cpuPerMSS')} | ${Math.max(...of('rssMb'))} |`,
    )
  }
  return lines
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? (sorted[middle] ?? 0) : ((sorted[middle - 1] ?? 0) + (sorted[middle] ?? 0)) / 2
}

function span(values: readonly number[], format: (value: number) => string): string {
  return `**${format(median(values))}** (${format(Math.min(...values))}–${format(Math.max(...values))})`
}

function thousands(value: number): string {
  return `${Math.round(value / 1000)}k`
}

function seconds(value: number): string {
  return value.toFixed(1)
}
