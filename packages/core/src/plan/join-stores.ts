import { bytes } from '../serde/bytes.ts'
import { uncheckedSerde } from '../serde/serde.ts'
import { unmatchedKey, unmatchedValues } from '../serde/unmatched.ts'
import { waitingKey, waitingRecord } from '../serde/waiting.ts'
import type { StreamSerdes } from './graph/index.ts'
import type { JoinWindowPlan } from './nodes/join-nodes.ts'
import type { StoreTable } from './store-table.ts'

// The stores of joins are nobody else's. What enters and leaves one between two commits is merged (`caching`), as nobody
// listens.

interface JoinStore {
  readonly operator: string
  readonly name: string
  readonly logging: boolean
}

/**
 * The records of one side of a join of streams, for as long as the other side can want them: before + after + grace, the
 * ends included. (Kafka Streams' default retention loses a record that is exactly so old.)
 */
export function addJoinBuffer(
  stores: StoreTable,
  { operator, name, logging, stream, within }: JoinStore & { readonly stream: StreamSerdes; readonly within: JoinWindowPlan },
): string {
  const size = within.before + within.after
  const retention = size + within.grace + 1
  return stores.addOwn(
    operator,
    {
      kind: 'window',
      name,
      key: uncheckedSerde(stream.key),
      value: uncheckedSerde(stream.value),
      caching: false,
      size,
      retention,
      pageSpan: Math.max(1, size),
      duplicates: true,
    },
    { logging, retention },
  )
}

/** The records of both sides that have found nothing yet, in the order in which they leave. */
export function addUnmatchedStore(
  stores: StoreTable,
  { operator, name, logging, left, right }: JoinStore & { readonly left: StreamSerdes; readonly right: StreamSerdes },
): string {
  const key = unmatchedKey(uncheckedSerde(left.key))
  const value = unmatchedValues(uncheckedSerde(left.value), uncheckedSerde(right.value))
  return stores.addOwn(operator, { kind: 'key-value', name, key, value, caching: true }, { logging })
}

/** The records of a stream that wait until a table has come as far as they. */
export function addWaitingStore(
  stores: StoreTable,
  { operator, name, logging, stream }: JoinStore & { readonly stream: StreamSerdes },
): string {
  const key = waitingKey(uncheckedSerde(stream.key))
  const value = waitingRecord(uncheckedSerde(stream.value))
  return stores.addOwn(operator, { kind: 'key-value', name, key, value, caching: true }, { logging })
}

/** Which left rows have subscribed to a right row: by foreign key, then left key. */
export function addSubscriptionStore(stores: StoreTable, { operator, name, logging }: JoinStore): string {
  return stores.addOwn(operator, { kind: 'key-value', name, key: bytes(), value: bytes(), caching: true }, { logging })
}
