import { string, type Table, topology, type Topology } from '@millrace/core'

const TEXT = { key: string(), value: string() }
const VALUE = { value: string() }

/** Event time, ms: between two records that may be joined, and how late one may be. */
export const WITHIN = 40
export const GRACE = 800

export const INPUTS = ['clicks', 'purchases', 'customers', 'balances', 'orders', 'prices', 'rates'] as const
export const OUTPUTS = ['paired', 'accounts', 'accounts-by-letter', 'named', 'named-by-customer', 'priced'] as const

/** The names of its topics begin with `prefix`. */
export function joins(prefix: string): Topology {
  return topology('joins', (t) => {
    const clicks = t.stream(`${prefix}-clicks`, TEXT)
    const purchases = t.stream(`${prefix}-purchases`, TEXT)
    clicks.leftJoin(purchases, plus, { within: WITHIN, grace: GRACE, as: 'pairs', ...VALUE }).to(`${prefix}-paired`)

    const customers = t.table(`${prefix}-customers`, TEXT)
    const accounts = customers.join(t.table(`${prefix}-balances`, TEXT), plus, VALUE)
    accounts.to(`${prefix}-accounts`, VALUE)
    countBy(accounts, (account) => account.slice(0, 1)).to(`${prefix}-accounts-by-letter`, VALUE)

    const named = t.table(`${prefix}-orders`, TEXT).join(customers, plus, { on: customerOf, as: 'named', ...VALUE })
    named.to(`${prefix}-named`, VALUE)
    countBy(named, customerOf).to(`${prefix}-named-by-customer`, VALUE)

    const prices = t.globalTable(`${prefix}-prices`, TEXT)
    const rates = t.globalTable(`${prefix}-rates`, TEXT)
    purchases
      .join(prices, plus, { on: globalKeyOf, ...VALUE })
      .leftJoin(rates, plus, { on: globalKeyOf, ...VALUE })
      .to(`${prefix}-priced`)
  })
}

/** Of an order: `c3/17` names the customer c3. */
function customerOf(order: string): string {
  return order.slice(0, order.indexOf('/'))
}

/** Of a purchase: `x17` has the price and rate of x. */
export function globalKeyOf(purchase: string): string {
  return purchase.slice(0, 1)
}

function plus(left: string, right: string | null): string {
  return `${left}+${right}`
}

function countBy(table: Table<string, string>, group: (row: string) => string): Table<string, string> {
  return table.groupBy(group).count().mapValues(String, VALUE)
}
