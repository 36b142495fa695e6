import type { Connection } from 'mysql2/promise'

/** The shop's own tables. Millrace only reads them: it needs no column, trigger or lock of its own there. */
export const SHOP_TABLES: readonly string[] = [
  'CREATE DATABASE IF NOT EXISTS shop',
  `CREATE TABLE IF NOT EXISTS shop.orders (
    id BIGINT PRIMARY KEY AUTO_INCREMENT,
    customerId INT NOT NULL,
    status ENUM('new', 'paid', 'shipped') NOT NULL
  )`,
  `CREATE TABLE IF NOT EXISTS shop.payments (
    id BIGINT PRIMARY KEY AUTO_INCREMENT,
    customerId INT NOT NULL,
    amount DECIMAL(12,2) NOT NULL,
    paidAt DATETIME(3) NOT NULL
  )`,
]

export async function createShop(connection: Connection): Promise<void> {
  for (const statement of SHOP_TABLES) await connection.query(statement)
}
