import type { Connection, ResultSetHeader, RowDataPacket } from 'mysql2/promise'
import { sqlTableIdentifier } from '../types/sql-identifier.ts'

/** Which row of the offsets table this sink task owns. */
export interface OffsetOwner {
  readonly database: string
  readonly app: string
  readonly topic: string
  readonly partition: number
}

/** How far a partition is written, and by whom: each new owner raises the epoch, so that an older one can't write any more. */
export interface OwnedOffset {
  readonly epoch: number
  readonly offset: number
}

/** The table that is kept beside the views, in their database. */
export const OFFSETS_TABLE = 'millrace_offsets'

const OWNER = 'app = ? AND topic = ? AND partition_id = ?'

function table(owner: OffsetOwner): string {
  return sqlTableIdentifier({ database: owner.database, table: OFFSETS_TABLE })
}

/** DDL commits implicitly: never inside a transaction. */
export async function createOffsetsTable(connection: Connection, owner: OffsetOwner): Promise<void> {
  await connection.query(
    `CREATE TABLE IF NOT EXISTS ${table(owner)} (
      app VARBINARY(249) NOT NULL, topic VARBINARY(249) NOT NULL, partition_id INT NOT NULL,
      epoch BIGINT NOT NULL, next_offset BIGINT NOT NULL,
      updated_at TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP(3) ON UPDATE CURRENT_TIMESTAMP(3),
      PRIMARY KEY (app, topic, partition_id)
    ) ENGINE=InnoDB COMMENT='How far Millrace has written its views: rows and offset change in one transaction'`,
  )
}

/** Takes ownership: waits for a transaction of the previous owner that is still open, then shuts it out. */
export async function claimOffset(connection: Connection, owner: OffsetOwner): Promise<OwnedOffset> {
  await connection.beginTransaction()
  await connection.query(
    `INSERT INTO ${table(owner)} (app, topic, partition_id, epoch, next_offset) VALUES (?, ?, ?, 1, 0)
     ON DUPLICATE KEY UPDATE epoch = epoch + 1`,
    [owner.app, owner.topic, owner.partition],
  )
  // Read before the row lock is given up, or a later owner's epoch could be taken for ours.
  const claimed = await readOffset(connection, owner)
  await connection.commit()
  return claimed
}

async function readOffset(connection: Connection, owner: OffsetOwner): Promise<OwnedOffset> {
  const [rows] = await connection.query<RowDataPacket[]>(`SELECT epoch, next_offset FROM ${table(owner)} WHERE ${OWNER}`, [
    owner.app,
    owner.topic,
    owner.partition,
  ])
  return { epoch: Number(rows[0]?.['epoch'] ?? 0), offset: Number(rows[0]?.['next_offset'] ?? 0) }
}

/**
 * Moves the offset inside the open transaction. False: somebody else owns the partition now, or it has been written
 * already; roll back.
 */
export async function advanceOffset(connection: Connection, owner: OffsetOwner, from: OwnedOffset, to: number): Promise<boolean> {
  const [result] = await connection.query<ResultSetHeader>(
    `UPDATE ${table(owner)} SET next_offset = ? WHERE ${OWNER} AND epoch = ? AND next_offset = ?`,
    [to, owner.app, owner.topic, owner.partition, from.epoch, from.offset],
  )
  return result.affectedRows === 1
}
