import type { BaseOptions } from '@millrace/core'

/** What is measured; what each does is in program.ts. `c`: with the record cache. W3: exactly once. */
export const WORKLOADS = ['W1', 'W2', 'W2c', 'W3', 'W3c'] as const

export type Workload = (typeof WORKLOADS)[number]

/** @throws Error that lists the known ones */
export function workloadOf(text: string): Workload {
  const workload = WORKLOADS.find((known) => known.toLowerCase() === text.toLowerCase())
  if (workload !== undefined) return workload
  throw new Error(`There is no workload '${text}'; there are ${WORKLOADS.join(', ')}.`)
}

export function isCached(workload: Workload): boolean {
  return workload.endsWith('c')
}

/** Length of the windows of W2 and W3, ms. */
export const WINDOW_MS = 60_000

/** As Kafka Streams has it: a commit every 100 ms under exactly-once, else every 30 s. */
export function guaranteeOf(workload: Workload): Pick<BaseOptions, 'guarantee' | 'commitInterval'> {
  return workload.startsWith('W3')
    ? { guarantee: 'exactly-once', commitInterval: '100ms' }
    : { guarantee: 'at-least-once', commitInterval: '30s' }
}
