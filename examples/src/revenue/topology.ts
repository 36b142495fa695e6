import { int32, string, topology, tumbling, type Topology } from '@millrace/core'
import { mysqlTable, mysqlView } from '@millrace/mysql-connector'
import { z } from 'zod'

const Payment = z.object({ id: z.bigint(), customerId: z.int(), amount: z.string(), paidAt: z.date() })
const Order = z.object({ id: z.bigint(), customerId: z.int(), status: z.enum(['new', 'paid', 'shipped']) })

/** Two views of a shop: what each customer paid in each minute, and how many orders are in each state right now. */
export const shop: Topology = topology('shop', (t) => {
  t.stream(mysqlTable('shop.payments', { schema: Payment, key: 'id', time: 'paidAt' }))
    .filter((payment) => payment.amount !== '0.00')
    .groupBy((payment) => payment.customerId, { key: int32() })
    .windowedBy(tumbling({ size: '1m', grace: '10s' }))
    .aggregate({
      as: 'revenue-per-minute',
      initial: () => ({ payments: 0, cents: 0n }),
      add: (total, payment) => ({ payments: total.payments + 1, cents: total.cents + toCents(payment.amount) }),
    })
    .to(mysqlView('shop.revenue_per_minute', { key: ['customerId', 'windowStart'] }))

  // Updates and deletions of orders are taken back from the count of their old state.
  t.table(mysqlTable('shop.orders', { schema: Order, key: 'id' }))
    .groupBy((order) => order.status, { key: string() })
    .count({ as: 'orders-by-status' })
    .to(mysqlView('shop.orders_by_status', { key: ['status'], value: 'orders' }))
})

/** '12.30' → 1230n: a DECIMAL arrives as text, so that no digit is lost. */
function toCents(amount: string): bigint {
  return BigInt(amount.replace('.', ''))
}
