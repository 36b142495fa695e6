import type { Codec, Encoded } from '../codec.ts'
import { toBuffer } from '../encoded.ts'
import type { StateEngine } from '../engine/engine.ts'
import type { ChangelogRecord, ChangelogWriter } from '../task-state.ts'

/** One database under test. */
export interface Subject {
  /** An engine over this database, not open. Each call may return a new object, or the same one. */
  engine(): StateEngine
  /** Deletes the database, after its engine was closed. */
  remove(): Promise<void>
}

/** Makes an empty database. */
export type SubjectFactory = () => Promise<Subject>

/** Registers a test: vitest's `it`, `node:test`'s `test` and the like. */
export type TestFunction = (name: string, run: () => Promise<void>) => unknown

export const textCodec: Codec<string> = {
  encode: (value) => value,
  decode: (bytes, start, end) => bytes.utf8Slice(start, end),
  identity: (value) => value,
}

export interface Amount {
  amount: number
}

/** Objects that can be changed in place, without an identity of their own, as text. */
export const amountCodec: Codec<Amount> = {
  encode: ({ amount }) => `{"amount":${amount}}`,
  decode: (bytes, start, end) => JSON.parse(bytes.utf8Slice(start, end)) as Amount,
}

/** The same as bytes: the other form of an encoding. */
export const binaryAmountCodec: Codec<Amount> = {
  encode: ({ amount }) => {
    const bytes = new Uint8Array(4)
    new DataView(bytes.buffer).setInt32(0, amount)
    return bytes
  },
  decode: (bytes, start, end) => {
    if (end - start !== 4) throw new RangeError(`${end - start} bytes are no amount`)
    return { amount: bytes.readInt32BE(start) }
  },
}

/** Text keys as bytes, and without an identity: the cache has to use the encoding. */
export const bytesKeyCodec: Codec<string> = {
  encode: (value) => new Uint8Array(Buffer.from(value)),
  decode: (bytes, start, end) => bytes.utf8Slice(start, end),
}

export async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = []
  for await (const item of items) found.push(item)
  return found
}

/** Appends what a store writes to its changelog to `records`, as bytes of their own. */
export function recorder(records: ChangelogRecord[]): ChangelogWriter {
  const bytes = (encoded: Encoded): Buffer => Buffer.from(toBuffer(encoded))
  return (key, value, timestamp) => {
    records.push({ key: bytes(key), value: value === null ? null : bytes(value), timestamp })
  }
}

/** Runs `use` over a new database and deletes it. `use` closes what it opens. */
export async function withSubject(factory: SubjectFactory, use: (subject: Subject) => Promise<void>): Promise<void> {
  const subject = await factory()
  try {
    await use(subject)
  } finally {
    await subject.remove()
  }
}
