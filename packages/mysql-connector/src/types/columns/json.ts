import type { BinlogColumn, SnapshotColumn } from './column.ts'
import { jsonbText } from './jsonb-text.ts'
import { type LengthPrefix, readLength } from './length-prefix.ts'

/** MySQL's JSON: binary in the binlog, printed as the server prints it. (MariaDB's is text: see text.ts.) */
export function binlogJson(prefix: LengthPrefix): BinlogColumn {
  return {
    form: 'text',
    read: (bytes) => jsonbText(bytes.bytes(readLength(bytes, prefix))),
    skip: (bytes) => bytes.skip(readLength(bytes, prefix)),
  }
}

export const snapshotJson: SnapshotColumn = { form: 'text', select: (name) => name, text: String }
