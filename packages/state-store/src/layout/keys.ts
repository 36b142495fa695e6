import { assemble } from '../encoded.ts'

/**
 * Keys of the database: 2 bytes that say whose they are, big-endian. 0 is the state's own; a store has the number that the
 * header gave to its name when it was first opened, so that adding or removing a store moves no other.
 */
export const PREFIX_BYTES = 2

const STATE = 0
/** One past the greatest store number. */
const STORES_END = 0xffff

/** Format version, and the number of each store: JSON. */
export const HEADER_KEY: Buffer = assemble(prefix(STATE), 'header', 0)
/** The checkpoint of the last commit: JSON. */
export const CHECKPOINT_KEY: Buffer = assemble(prefix(STATE), 'checkpoint', 0)

/** All entries of all stores. */
export const ALL_STORES: { readonly gte: Buffer; readonly lt: Buffer } = { gte: prefix(1), lt: prefix(STORES_END) }

const OBSERVED = assemble(prefix(STATE), 'observed', 0)

/** The observed times and the marks of all stores. */
export const OBSERVED_TIMES: { readonly gte: Buffer; readonly lt: Buffer } = { gte: OBSERVED, lt: endOf(OBSERVED) as Buffer }

/** Greatest time ever put into a store (window start, session end, version): decimal text. */
export function observedKey(store: number): Buffer {
  return Buffer.concat([OBSERVED, prefix(store)])
}

/** The numbers that a store keeps for its operators: a JSON array. */
export function marksKey(store: number): Buffer {
  return Buffer.concat([OBSERVED, prefix(store), MARKS])
}

const MARKS = Buffer.from('marks')

const COMMIT = assemble(prefix(STATE), 'commit', 0)

/** Numbers of the last commits. */
export const COMMIT_RING: { readonly gte: Buffer; readonly lt: Buffer } = { gte: COMMIT, lt: endOf(COMMIT) as Buffer }

export function commitRingKey(slot: number): Buffer {
  return Buffer.concat([COMMIT, prefix(slot)])
}

/** A number in two bytes, big-endian. */
export function prefix(store: number): Buffer {
  const bytes = Buffer.allocUnsafe(PREFIX_BYTES)
  bytes.writeUInt16BE(store)
  return bytes
}

/** The least key that is greater than every key that begins with `bytes`; undefined: there is none. */
export function endOf(bytes: Uint8Array): Buffer | undefined {
  let length = bytes.length
  while (length > 0 && bytes[length - 1] === 0xff) length--
  if (length === 0) return undefined
  const end = Buffer.from(bytes.subarray(0, length))
  end[length - 1] = (end[length - 1] as number) + 1
  return end
}

/** The least key that is greater than `bytes`. */
export function successorOf(bytes: Uint8Array): Buffer {
  const next = Buffer.allocUnsafe(bytes.length + 1)
  next.set(bytes)
  next[bytes.length] = 0
  return next
}
