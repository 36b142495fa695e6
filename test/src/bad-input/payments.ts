import { type OnInvalid, string, topology, type Topology } from '@millrace/core'
import { mysqlTable, mysqlView } from '@millrace/mysql-connector'
import { z } from 'zod'

export interface PaymentsOptions {
  readonly database: string
  /** Values of the column `status` that the schema allows. */
  readonly statuses: readonly string[]
  readonly onInvalid: OnInvalid
}

/** Payments by customer, counted and summed: a payment that is lost or doubled shows. */
export function payments({ database, statuses, onInvalid }: PaymentsOptions): Topology {
  const Payment = z.object({ id: z.bigint(), customer: z.string(), cents: z.bigint(), status: z.enum(statuses) })
  return topology('payments', (t) => {
    t.stream(mysqlTable(`${database}.payments`, { schema: Payment, key: 'id', onInvalid }))
      .groupBy((payment) => payment.customer, { key: string() })
      .aggregate({
        as: 'totals',
        initial: () => ({ payments: 0n, cents: 0n }),
        add: (total, payment) => ({ payments: total.payments + 1n, cents: total.cents + payment.cents }),
      })
      .to(mysqlView(`${database}.totals`, { key: ['customer'] }))
  })
}
