import type { ByteReader } from '../../types/columns/index.ts'
import { ANONYMOUS_GTID, GTID } from './event-code.ts'

const TAGGED_GTID = 42
const MARIADB_GTID = 162

/** Flags, UUID and number of the GTID; logical clock: type, two numbers. */
const BEFORE_TIME = 1 + 16 + 8 + 1 + 8 + 8
/** 55 bits of microseconds; the highest says that another time follows, which is the first server's (MySQL source, Gtid_event). */
const TIME_BYTES = 7

/**
 * When the transaction was committed that a GTID event announces, ms since the epoch: exact to the millisecond on MySQL, to the
 * second on MariaDB. Undefined for other events.
 */
export function commitTimeOf(code: number, timestamp: number, body: ByteReader): number | undefined {
  if (code === TAGGED_GTID || code === MARIADB_GTID) return timestamp
  if (code !== GTID && code !== ANONYMOUS_GTID) return undefined
  const start = body.position + BEFORE_TIME
  if (start + TIME_BYTES > body.end) return timestamp
  const low = body.buffer.readUInt32LE(start)
  const high = body.buffer.readUIntLE(start + 4, 3) & 0x7f_ffff
  return Math.trunc((high * 2 ** 32 + low) / 1000)
}
