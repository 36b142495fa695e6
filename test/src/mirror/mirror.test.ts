import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Connection, createConnection, type RowDataPacket } from 'mysql2/promise'
import { describe, expect, inject, it } from 'vitest'
import { freshDatabase } from '../support/fresh-database.ts'
import { startChildProgram } from '../support/child-process.ts'
import { waitUntil } from '../support/wait-until.ts'

const MIRROR = new URL('../../../examples/src/mirror/main.ts', import.meta.url)

/** Columns whose values are easily bent on the way. */
const EVERYTHING = `CREATE TABLE everything (
  id BIGINT UNSIGNED NOT NULL, region VARCHAR(20) CHARACTER SET utf8mb4 NOT NULL,
  exact DECIMAL(30,10), big BIGINT, small TINYINT, f FLOAT, d DOUBLE, flag TINYINT(1), bits BIT(12),
  t TIME(6), dt DATETIME(6), ts TIMESTAMP(3) NULL, day DATE, y YEAR,
  kind ENUM('a','b'), tags SET('x','y','z'), doc JSON, raw VARBINARY(50), blobs BLOB, note TEXT CHARACTER SET utf8mb4,
  old VARCHAR(20) CHARACTER SET latin1,
  PRIMARY KEY (id, region))`

const ROWS = [
  `(18446744073709551615, 'north ', -12345678901234567890.0123456789, -9223372036854775808, -128, 1.1, 1e-300, 1, b'101010101010',
    '-838:59:58.000001', '1000-01-01 00:00:00.123456', '2026-01-01 00:00:00.001', '9999-12-31', 1901,
    'b', 'x,z', '{"n": 12345678901234567890, "s": "ü\\\\u0000", "a": [1.0, null]}', X'00FF80', X'', 'it''s \\\\ "quoted" 😀', 'é')`,
  `(1, 'A', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL)`,
  `(2, 'süd', 0.0000000001, 0, 0, -0.0, 0, 0, b'0', '00:00:00', '2026-02-28 23:59:59.999999', '1970-01-01 00:00:01.000', '2026-02-28', 2155,
    'a', '', '[]', X'', X'0A0D', '', '')`,
]

describe.each([
  { from: 'MySQL', to: 'MySQL', log: 'embedded', source: () => inject('mysqlUrl'), sink: () => inject('mysqlUrl') },
  { from: 'MySQL', to: 'MariaDB', log: 'kafka', source: () => inject('mysqlUrl'), sink: () => inject('mariadbUrl') },
  { from: 'MariaDB', to: 'MariaDB', log: 'embedded', source: () => inject('mariadbUrl'), sink: () => inject('mariadbUrl') },
])('The mirror from $from to $to on the $log log', ({ log, source, sink }) => {
  it('makes the target like its source and keeps it equal, byte for byte, over restarts', async () => {
    const from = await freshDatabase(source(), 'mirror_from')
    const to = await freshDatabase(sink(), 'mirror_to')
    const stateDir = await mkdtemp(join(tmpdir(), 'millrace-mirror-'))
    const reading = await open(from.url)
    const writing = await open(to.url)
    const start = () =>
      startChildProgram(MIRROR, {
        env: {
          SOURCE_URL: source(),
          SINK_URL: sink(),
          TABLES: `${from.name}.everything=${to.name}.copy`,
          LOG: log,
          APP_ID: from.name,
          KAFKA_BROKERS: inject('kafkaBrokers').join(','),
          PARTITIONS: '3',
          STATE_DIR: stateDir,
        },
      })
    const same = async () => {
      expect(await contents(writing, `${to.name}.copy`)).toEqual(await contents(reading, `${from.name}.everything`))
      return true
    }
    await reading.query(EVERYTHING)
    let mirror = start()
    try {
      for (const row of ROWS) await reading.query(`INSERT INTO everything VALUES ${row}`)
      await waitUntil(same, { what: 'the rows that were there are copied' })

      await reading.query("UPDATE everything SET region = 'a' WHERE id = 1")
      await reading.query("UPDATE everything SET exact = 1.5, note = 'changed' WHERE id = 2")
      await reading.query('DELETE FROM everything WHERE id = 18446744073709551615')
      await reading.query(`INSERT INTO everything (id, region, raw) VALUES (18446744073709551614, 'x', X'0102')`)
      await waitUntil(same, { what: 'the changes are copied' })

      await mirror.kill()
      await reading.query('DELETE FROM everything WHERE id = 2')
      await reading.query(`INSERT INTO everything (id, region, note) VALUES (3, 'y', 'while it was away')`)
      mirror = start()
      await waitUntil(same, { what: 'what happened meanwhile is copied' })
    } finally {
      await mirror.kill()
      await reading.end()
      await writing.end()
      await from.drop()
      await to.drop()
      await rm(stateDir, { recursive: true, force: true })
    }
  })
})

async function open(url: string): Promise<Connection> {
  return createConnection({ uri: url, dateStrings: true, supportBigNumbers: true, bigNumberStrings: true, timezone: 'Z' })
}

/** Every row, each column as the bytes that the server has. */
async function contents(connection: Connection, table: string): Promise<unknown[]> {
  await connection.query("SET SESSION time_zone = '+00:00'")
  const [columns] = await connection.query<RowDataPacket[]>(`SHOW COLUMNS FROM ${table}`)
  const list = columns.map((column) => {
    const name = `\`${column['Field']}\``
    return `${/^(json|float|double|bit|longtext)/.test(String(column['Type'])) ? name : `HEX(CONVERT(${name} USING binary))`} AS ${name}`
  })
  const [rows] = await connection.query<RowDataPacket[]>(`SELECT ${list.join(', ')} FROM ${table} ORDER BY id, HEX(region)`)
  return rows.map((row) => ({ ...row }))
}
