import type { Connection, RowDataPacket } from 'mysql2/promise'

export interface ViewRows {
  readonly revenue: readonly (readonly string[])[]
  readonly orders: readonly (readonly string[])[]
}

const NO_SUCH_TABLE = 1146

/** The top of both views, as the shop's own people would read them: plain tables. */
export async function readViews(connection: Connection): Promise<ViewRows> {
  const revenue = await rows(
    connection,
    `SELECT customerId, DATE_FORMAT(windowStart, '%H:%i') AS minute, payments, cents FROM shop.revenue_per_minute
     ORDER BY windowStart DESC, cents DESC LIMIT 5`,
  )
  const orders = await rows(connection, 'SELECT status, orders FROM shop.orders_by_status ORDER BY status')
  return {
    revenue: revenue.map((row) => [
      String(row['customerId']),
      String(row['minute']),
      String(row['payments']),
      (Number(row['cents']) / 100).toFixed(2),
    ]),
    orders: orders.map((row) => [String(row['status']), String(row['orders'])]),
  }
}

async function rows(connection: Connection, query: string): Promise<readonly RowDataPacket[]> {
  try {
    const [result] = await connection.query<RowDataPacket[]>(query)
    return result
  } catch (error) {
    // The app makes its tables with the first rows.
    if (error instanceof Error && 'errno' in error && error.errno === NO_SUCH_TABLE) return []
    throw error
  }
}
