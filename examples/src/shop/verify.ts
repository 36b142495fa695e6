import type { Connection, RowDataPacket } from 'mysql2/promise'

/** A view against what plain SQL makes of the source: rows that only one side has, or that differ. */
export interface Comparison {
  readonly view: string
  readonly rows: number
  readonly missing: number
  readonly surplus: number
  readonly different: number
  /** The first few differences, in words. */
  readonly examples: readonly string[]
}

interface ViewCheck {
  readonly view: string
  readonly actual: string
  readonly expected: string
}

/** Each view, and the query over the source tables that it must equal; k is the row's key, v its value. */
const CHECKS: readonly ViewCheck[] = [
  {
    view: 'shop.revenue_per_minute',
    actual: `SELECT CONCAT(customerId, ' ', DATE_FORMAT(windowStart, '%Y-%m-%d %H:%i')) AS k,
      CONCAT(CAST(payments AS SIGNED), ' payments, ', cents, ' cents') AS v FROM shop.revenue_per_minute`,
    expected: `SELECT CONCAT(customerId, ' ', DATE_FORMAT(paidAt, '%Y-%m-%d %H:%i')) AS k,
      CONCAT(COUNT(*), ' payments, ', CAST(SUM(amount) * 100 AS SIGNED), ' cents') AS v
      FROM shop.payments WHERE amount <> 0 GROUP BY k`,
  },
  {
    view: 'shop.orders_by_status',
    // A count that has gone down to 0 stays in the table; plain SQL has no group for it.
    actual: `SELECT status AS k, CAST(orders AS SIGNED) AS v FROM shop.orders_by_status WHERE orders <> 0`,
    expected: 'SELECT status AS k, COUNT(*) AS v FROM shop.orders GROUP BY status',
  },
]

/** Recomputes both views with SQL and compares them row by row. */
export async function compareViews(connection: Connection): Promise<readonly Comparison[]> {
  const comparisons: Comparison[] = []
  for (const check of CHECKS) {
    const expected = await keyed(connection, check.expected)
    const actual = (await exists(connection, check.view)) ? await keyed(connection, check.actual) : new Map<string, string>()
    comparisons.push(compare(check.view, expected, actual))
  }
  return comparisons
}

export function isExact(comparisons: readonly Comparison[]): boolean {
  return comparisons.every(({ missing, surplus, different }) => missing + surplus + different === 0)
}

async function exists(connection: Connection, view: string): Promise<boolean> {
  const [rows] = await connection.query<RowDataPacket[]>(
    'SELECT 1 FROM information_schema.TABLES WHERE CONCAT(TABLE_SCHEMA, ".", TABLE_NAME) = ?',
    [view],
  )
  return rows.length > 0
}

async function keyed(connection: Connection, query: string): Promise<ReadonlyMap<string, string>> {
  const [rows] = await connection.query<RowDataPacket[]>(query)
  return new Map(rows.map((row) => [String(row['k']), String(row['v'])]))
}

function compare(view: string, expected: ReadonlyMap<string, string>, actual: ReadonlyMap<string, string>): Comparison {
  const examples: string[] = []
  let missing = 0
  let surplus = 0
  let different = 0
  for (const [key, value] of expected) {
    const found = actual.get(key)
    if (found === value) continue
    if (found === undefined) missing++
    else different++
    examples.push(`${key}: SQL says ${value}, the view ${found ?? 'has no such row'}`)
  }
  for (const [key, value] of actual) {
    if (expected.has(key)) continue
    surplus++
    examples.push(`${key}: the view says ${value}, SQL has no such row`)
  }
  return { view, rows: expected.size, missing, surplus, different, examples: examples.slice(0, 5) }
}
