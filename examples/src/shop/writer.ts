import type { Connection, ResultSetHeader } from 'mysql2/promise'
import type { Random } from './random.ts'

/** What the shop has done so far. Rows of transactions that were rolled back are not counted. */
export interface ShopActivity {
  transactions: number
  rolledBack: number
  inserted: number
  updated: number
  deleted: number
  rekeyed: number
}

const STATUSES = ['new', 'paid', 'shipped'] as const
const CUSTOMERS = 40
/** Payments may be booked a little late, well within the view's grace. */
const MAX_LATENESS_MS = 4000

type Change = (connection: Connection, random: Random) => Promise<Partial<ShopActivity>>

/** One customer's day at the shop: each entry is what one transaction may contain, the more often the likelier. */
const CHANGES: readonly Change[] = [
  insertOrders,
  insertOrders,
  insertPayments,
  insertPayments,
  insertPayments,
  changeStatus,
  changeStatus,
  deleteOrder,
  changeKey,
]

/** Writes one transaction of one to four changes; one in twelve is rolled back. */
export async function writeTransaction(connection: Connection, random: Random, activity: ShopActivity): Promise<void> {
  const changes = Array.from({ length: 1 + random.below(4) }, () => random.pick(CHANGES))
  const rollback = random.below(12) === 0
  const done: Partial<ShopActivity>[] = []
  await connection.beginTransaction()
  for (const change of changes) done.push(await change(connection, random))
  if (rollback) {
    await connection.rollback()
    activity.rolledBack++
    return
  }
  await connection.commit()
  activity.transactions++
  for (const counts of done) {
    activity.inserted += counts.inserted ?? 0
    activity.updated += counts.updated ?? 0
    activity.deleted += counts.deleted ?? 0
    activity.rekeyed += counts.rekeyed ?? 0
  }
}

export function noActivity(): ShopActivity {
  return { transactions: 0, rolledBack: 0, inserted: 0, updated: 0, deleted: 0, rekeyed: 0 }
}

async function insertOrders(connection: Connection, random: Random): Promise<Partial<ShopActivity>> {
  const rows = Array.from({ length: 1 + random.below(3) }, () => [1 + random.below(CUSTOMERS), 'new'])
  await connection.query('INSERT INTO shop.orders (customerId, status) VALUES ?', [rows])
  return { inserted: rows.length }
}

async function insertPayments(connection: Connection, random: Random): Promise<Partial<ShopActivity>> {
  const rows = Array.from({ length: 1 + random.below(5) }, () => {
    const cents = random.below(20) === 0 ? 0 : 1 + random.below(50_000)
    const paidAt = new Date(Date.now() - random.below(MAX_LATENESS_MS))
    return [1 + random.below(CUSTOMERS), (cents / 100).toFixed(2), paidAt.toISOString().slice(0, 23).replace('T', ' ')]
  })
  await connection.query('INSERT INTO shop.payments (customerId, amount, paidAt) VALUES ?', [rows])
  return { inserted: rows.length }
}

async function changeStatus(connection: Connection, random: Random): Promise<Partial<ShopActivity>> {
  const [result] = await connection.query<ResultSetHeader>(
    'UPDATE shop.orders SET status = ? WHERE id >= ? ORDER BY id LIMIT 2',
    [random.pick(STATUSES), await someOrderId(connection, random)],
  )
  return { updated: result.changedRows }
}

async function deleteOrder(connection: Connection, random: Random): Promise<Partial<ShopActivity>> {
  const [result] = await connection.query<ResultSetHeader>('DELETE FROM shop.orders WHERE id >= ? ORDER BY id LIMIT 1', [
    await someOrderId(connection, random),
  ])
  return { deleted: result.affectedRows }
}

/** The row gets another primary key: for a table's readers that is a deletion and an insertion. */
async function changeKey(connection: Connection, random: Random): Promise<Partial<ShopActivity>> {
  const id = await someOrderId(connection, random)
  const [result] = await connection.query<ResultSetHeader>('UPDATE IGNORE shop.orders SET id = -id WHERE id = ?', [id])
  return { rekeyed: result.changedRows }
}

async function someOrderId(connection: Connection, random: Random): Promise<number> {
  const [rows] = await connection.query('SELECT MIN(id) AS low, MAX(id) AS high FROM shop.orders WHERE id > 0')
  const [{ low, high } = { low: 0, high: 0 }] = rows as { low: number | null; high: number | null }[]
  return (low ?? 0) + random.below(Math.max(1, (high ?? 0) - (low ?? 0) + 1))
}
