/** What is measured; ARCHITECTURE of each in peer.ts. `c`: with the record cache. W3: exactly once. */
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
