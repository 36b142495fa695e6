import { inflateRawSync, inflateSync } from 'node:zlib'
import type { TextReader } from './charset.ts'
import type { BinlogColumn } from './column.ts'
import { type LengthPrefix, readLength } from './length-prefix.ts'

/** MariaDB's COMPRESSED columns. Without a reader they are binary. */
export function binlogCompressed(prefix: LengthPrefix, reader: TextReader | undefined): BinlogColumn {
  return {
    form: reader === undefined ? 'bytes' : 'text',
    read(bytes) {
      const value = inflate(bytes.bytes(readLength(bytes, prefix)))
      return reader === undefined ? value.toString('base64') : reader(value, 0, value.length)
    },
    skip: (bytes) => bytes.skip(readLength(bytes, prefix)),
  }
}

/**
 * Header byte: method in the high four bits (0 stored, 8 zlib), then whether the zlib header is missing, then how many bytes
 * hold the original length (MariaDB source, sql/field_comp.cc). An empty value has no header.
 */
function inflate(stored: Buffer): Buffer {
  const [header] = stored
  if (header === undefined) return stored
  const method = header >>> 4
  if (method === 0) return stored.subarray(1)
  if (method !== 8) throw new RangeError(`a COMPRESSED column uses method ${method}, which is not known`)
  const data = stored.subarray(1 + (header & 7))
  return (header & 8) === 0 ? inflateSync(data) : inflateRawSync(data)
}
