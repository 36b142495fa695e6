import { MillraceError } from '../errors.ts'
import type { Serde } from './serde.ts'
import { toBytes } from './encoded.ts'

/** A table's change on its way through a repartition topic. null is absent. */
export interface Change<V> {
  readonly next: V | null
  readonly previous: V | null
}

const HAS_NEXT = 1
const HAS_PREVIOUS = 2

/**
 * Changes of a table: one byte that says which sides are there, the length of `next` (4 bytes, big-endian), `next`, `previous`.
 * Only Millrace reads and writes them.
 */
export function changeOf<V>(value: Serde<V>): Serde<Change<V>> {
  return {
    name: `change(${value.name})`,
    encode({ next, previous }) {
      const nextBytes = next === null ? EMPTY : toBytes(value.encode(next))
      const previousBytes = previous === null ? EMPTY : toBytes(value.encode(previous))
      const bytes = Buffer.allocUnsafe(5 + nextBytes.length + previousBytes.length)
      bytes[0] = (next === null ? 0 : HAS_NEXT) | (previous === null ? 0 : HAS_PREVIOUS)
      bytes.writeUInt32BE(nextBytes.length, 1)
      bytes.set(nextBytes, 5)
      bytes.set(previousBytes, 5 + nextBytes.length)
      return bytes
    },
    decode(bytes, start, end) {
      const nextEnd = end - start < 5 ? end + 1 : start + 5 + bytes.readUInt32BE(start + 1)
      if (nextEnd > end) {
        throw new MillraceError(
          'RECORD_INVALID',
          `change(): ${end - start} bytes are no change of a table; was something else written to this repartition topic?`,
        )
      }
      const sides = bytes[start] ?? 0
      return {
        next: (sides & HAS_NEXT) === 0 ? null : value.decode(bytes, start + 5, nextEnd),
        previous: (sides & HAS_PREVIOUS) === 0 ? null : value.decode(bytes, nextEnd, end),
      }
    },
  }
}

const EMPTY = Buffer.alloc(0)
