import { clicks } from './clicks.ts'
import { isCached, WINDOW_MS, type Workload } from './workload.ts'

/** One output record, as far as it is checked. */
export interface Output {
  readonly key: string
  readonly value: { readonly page?: string; readonly amount?: number; readonly count?: number; readonly sum?: number }
}

/** Takes outputs one by one and says at the end whether they are right. */
export interface Expectation {
  take(output: Output): void
  /** Undefined when all is right, else what is wrong. */
  verdict(): string | undefined
}

/** The straight computation of a workload's result, held against what comes out. */
export function expectation(workload: Workload, count: number, users: number): Expectation {
  return workload === 'W1' ? filtered(count, users) : aggregated(count, users, !isCached(workload))
}

/** Every record with amount >= 50, as page and amount; the order of records of different keys is free. */
function filtered(count: number, users: number): Expectation {
  let outputs = 0
  let checksum = 0
  const digest = (key: string, page: string | undefined, amount: number | undefined) => hash(`${key}|${page}|${amount}`)
  for (const { click } of clicks(count, users)) {
    if (click.amount < 50) continue
    outputs++
    checksum += digest(click.userId, click.page, click.amount)
  }
  return {
    take({ key, value }) {
      outputs--
      checksum -= digest(key, value.page, value.amount)
    },
    verdict: () => (outputs === 0 && checksum === 0 ? undefined : `${-outputs} outputs too many, or other ones`),
  }
}

interface Total {
  readonly count: number
  readonly sum: number
}

/** The last value of each user's window; without a cache also every single update, once. */
function aggregated(count: number, users: number, everyUpdate: boolean): Expectation {
  const expected = new Map<string, Total>()
  for (const { click, timestamp } of clicks(count, users)) {
    const key = `${click.userId}@${timestamp - (timestamp % WINDOW_MS)}`
    const total = expected.get(key)
    expected.set(key, { count: (total?.count ?? 0) + 1, sum: (total?.sum ?? 0) + click.amount })
  }
  const last = new Map<string, Total>()
  let updates = 0
  let counts = 0
  return {
    take({ key, value: { count = 0, sum = 0 } }) {
      updates++
      counts += count
      last.set(key, { count, sum })
    },
    verdict() {
      let wrong = 0
      let expectedCounts = 0
      for (const [key, total] of expected) {
        const found = last.get(key)
        if (found?.count !== total.count || found.sum !== total.sum) wrong++
        expectedCounts += (total.count * (total.count + 1)) / 2
      }
      if (wrong > 0 || last.size !== expected.size) return `${wrong} of ${expected.size} windows are wrong, ${last.size} came out`
      if (everyUpdate && (updates !== count || counts !== expectedCounts))
        return `${updates} updates instead of ${count}, or not each once`
      return undefined
    },
  }
}

/** 32 bits of FNV-1a: enough to tell a wrong sum of millions from a right one. */
function hash(text: string): number {
  let h = 0x811c9dc5
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193)
  return h >>> 0
}
