import { seededRandom } from '../../../examples/src/shop/random.ts'

/** The input of every workload: clicks of users on pages, the same for the same arguments. */
export interface Click {
  readonly userId: string
  readonly page: string
  readonly amount: number
  readonly status: string
  readonly note: string
}

export interface TimedClick {
  readonly click: Click
  readonly timestamp: number
}

/** 2026-01-01T00:00:00Z: the first click's time; each is one ms later. */
export const FIRST_CLICK = Date.UTC(2026, 0, 1)
const PAGES = 1000
const STATUSES = ['new', 'paid', 'shipped', 'returned'] as const

/**
 * `count` clicks of `users` users with P(rank) ~ 1 / (rank + 1); pages skewed; amounts 0..99; 1 % of the timestamps up to 5 s
 * early. The shape is that of the peer benchmark of Kafka Streams, so figures can stand beside each other.
 */
export function* clicks(count: number, users: number): Generator<TimedClick> {
  const random = seededRandom(42)
  const unit = () => random.below(4294967296) / 4294967296
  const cumulative = new Float64Array(users)
  let total = 0
  for (let rank = 0; rank < users; rank++) cumulative[rank] = total += 1 / (rank + 1)
  for (let i = 0; i < count; i++) {
    const userId = `user-${String(rankOf(cumulative, unit() * total)).padStart(7, '0')}`
    const skewed = unit()
    const page = `page-${Math.floor(PAGES * skewed * skewed)}`
    const note = Array.from({ length: 4 }, () => random.below(4294967296).toString(16).padStart(8, '0')).join('')
    const click = { userId, page, amount: random.below(100), status: random.pick(STATUSES), note }
    const late = random.below(100) === 0 ? 1 + random.below(5000) : 0
    yield { click, timestamp: Math.max(FIRST_CLICK, FIRST_CLICK + i - late) }
  }
}

/** Index of the first entry that is greater. */
function rankOf(cumulative: Float64Array, value: number): number {
  let low = 0
  let high = cumulative.length - 1
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((cumulative[middle] ?? 0) > value) high = middle
    else low = middle + 1
  }
  return low
}
