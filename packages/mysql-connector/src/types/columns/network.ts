import { padded } from './binary.ts'
import type { BinlogColumn, SnapshotColumn } from './column.ts'
import { readLength } from './length-prefix.ts'

// MariaDB's UUID, INET6 and INET4 stand in the binlog as BINARY of their length.

export const binlogUuid: BinlogColumn = fixed(16, (bytes) => {
  const hex = bytes.toString('hex')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`
})

export const binlogInet4: BinlogColumn = fixed(4, dotted)

export const binlogInet6: BinlogColumn = fixed(16, inet6)

/** As the server writes it. Index order is that of the bytes: UUID and INET literals compare so. */
export const snapshotNetwork: SnapshotColumn = { form: 'plain', select: (name) => name, text: String }

/** UUIDs are ordered in an order of their own, so only a literal of the type compares right. */
export const snapshotUuid: SnapshotColumn = { ...snapshotNetwork, literal: (text) => `CAST('${text}' AS UUID)` }
export const snapshotInet6: SnapshotColumn = { ...snapshotNetwork, literal: (text) => `CAST('${text}' AS INET6)` }
export const snapshotInet4: SnapshotColumn = { ...snapshotNetwork, literal: (text) => `CAST('${text}' AS INET4)` }

function fixed(length: number, text: (bytes: Buffer) => string): BinlogColumn {
  return {
    form: 'plain',
    read: (bytes) => text(padded(bytes.bytes(readLength(bytes, 1)), length)),
    skip: (bytes) => bytes.skip(readLength(bytes, 1)),
  }
}

function dotted(bytes: Buffer): string {
  return bytes.join('.')
}

/** RFC 5952 with the last 32 bits dotted for IPv4-mapped and -compatible addresses (MariaDB manual, "INET6"). */
function inet6(bytes: Buffer): string {
  const groups = Array.from({ length: 8 }, (_, i) => bytes.readUInt16BE(i * 2))
  const leading = groups.findIndex((group) => group !== 0)
  if (leading === 5 && groups[5] === 0xffff) return `::ffff:${dotted(bytes.subarray(12))}`
  if (leading === 6 || (leading === 7 && bytes.readUInt32BE(12) > 1 && groups[6] !== 0)) return `::${dotted(bytes.subarray(12))}`
  const hex = groups.map((group) => group.toString(16))
  const gap = longestGap(groups)
  if (gap === undefined) return hex.join(':')
  return `${hex.slice(0, gap.start).join(':')}::${hex.slice(gap.start + gap.length).join(':')}`
}

function longestGap(groups: readonly number[]): { readonly start: number; readonly length: number } | undefined {
  let best: { readonly start: number; readonly length: number } | undefined
  for (let i = 0; i < groups.length; i++) {
    let end = i
    while (groups[end] === 0) end++
    if (end - i > 1 && end - i > (best?.length ?? 0)) best = { start: i, length: end - i }
    i = Math.max(i, end)
  }
  return best
}
