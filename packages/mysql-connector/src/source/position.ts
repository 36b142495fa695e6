import { z } from 'zod'
import { MysqlConnectorError } from '../errors.ts'
import type { StreamPosition } from './stream-position.ts'

/** Everything that is committed with the records: where the binlog was read to, and how far each table's snapshot is. */
export interface SourcePosition {
  /** The server's own id where the stream is only known by file and offset, which mean nothing on another server. */
  readonly server?: string
  readonly stream: StreamPosition
  /** By topic. A table that is not here is new. */
  readonly tables: Readonly<Record<string, TableProgress>>
}

export interface TableProgress {
  /** `database.table`: another table on the same topic starts anew. */
  readonly table: string
  /** Texts of the key columns of the last row of the snapshot; null: not begun; absent: the snapshot is complete. */
  readonly cursor?: readonly string[] | null
}

const FORMAT = 1

const Stored = z.strictObject({
  format: z.literal(FORMAT),
  server: z.string().exactOptional(),
  stream: z.strictObject({ gtid: z.string().exactOptional(), file: z.string(), offset: z.number() }),
  tables: z.record(z.string(), z.strictObject({ table: z.string(), cursor: z.array(z.string()).nullable().exactOptional() })),
})

export function encodePosition(position: SourcePosition): string {
  return JSON.stringify({ format: FORMAT, ...position })
}

/** @throws {MysqlConnectorError} MYSQL_POSITION_INVALID when the bytes are no position of this version */
export function decodePosition(bytes: Uint8Array): SourcePosition {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8')
  try {
    const { format: _, ...position } = Stored.parse(JSON.parse(text))
    return position
  } catch (cause) {
    throw new MysqlConnectorError(
      'MYSQL_POSITION_INVALID',
      'The position that was committed for the MySQL source cannot be read: it was written by a newer version, or by something else. ' +
        'Start with the version that wrote it, or under a new application id, which takes a new snapshot.',
      { cause },
    )
  }
}
