import { z } from 'zod'
import type { SinkView, SourceFeed } from '../connect/connector.ts'
import type { TopicSink, ViewKey, ViewValue } from '../plan/topic-sink.ts'
import type { TopicSource } from '../plan/topic-source.ts'
import { int32, jsonOf, string } from '../serde/index.ts'
import { json } from '../serde/json.ts'
import { topology, tumbling } from './index.ts'

// The golden example, with the connector's two functions as they are typed there.
declare const feed: SourceFeed
declare const view: SinkView

function mysqlTable<Schema extends z.ZodObject, const Key extends keyof z.output<Schema> & string>(
  _table: string,
  options: { schema: Schema; key: Key; time?: keyof z.output<Schema> & string },
): TopicSource<z.output<Schema>[Key], z.output<Schema>> {
  return { feed, key: json(), value: jsonOf(options.schema) }
}

function mysqlView<const Columns extends readonly string[], const Value extends string | undefined = undefined>(
  _table: string,
  _options: { key: Columns; value?: Value },
): TopicSink<ViewKey<Columns>, ViewValue<Value>> {
  return { view }
}

declare function toCents(amount: string): bigint

const Payment = z.object({ id: z.bigint(), customerId: z.int(), amount: z.string(), paidAt: z.date() })
const Order = z.object({ id: z.bigint(), customerId: z.int(), status: z.enum(['new', 'paid', 'shipped']) })

void topology('shop', (t) => {
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

  t.table(mysqlTable('shop.orders', { schema: Order, key: 'id' })) // updates and deletes are handled
    .groupBy((order) => order.status, { key: string() })
    .count({ as: 'orders-by-status' })
    .to(mysqlView('shop.orders_by_status', { key: ['status'], value: 'orders' }))
})
