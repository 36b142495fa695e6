import type { KeyValueStore } from '@millrace/state-store'
import { HASH_BYTES } from '../serde/foreign-key.ts'

// Subscriptions of a foreign-key join. Key: length of the foreign key (4 bytes, big-endian), foreign key, left key, so that
// those of one right row are neighbours. Value: partition of the left row (4 bytes, big-endian), hash of its value.

const LENGTH_BYTES = 4

/** A left row that has subscribed. */
export interface Subscriber {
  readonly hash: Buffer
  readonly partition: number
}

export function subscriptionKey(foreignKey: Uint8Array, primaryKey: Uint8Array): Buffer {
  const length = Buffer.allocUnsafe(LENGTH_BYTES)
  length.writeUInt32BE(foreignKey.length)
  return Buffer.concat([length, foreignKey, primaryKey])
}

export function subscriber({ hash, partition }: Subscriber): Buffer {
  const bytes = Buffer.allocUnsafe(4 + HASH_BYTES)
  bytes.writeUInt32BE(partition)
  bytes.set(hash, 4)
  return bytes
}

/** The subscribers of a right row, by the bytes of their keys. */
export async function* subscriptionsOf(
  store: KeyValueStore<Uint8Array, Uint8Array>,
  foreignKey: Uint8Array,
): AsyncGenerator<readonly [primaryKey: Buffer, Subscriber], void> {
  const prefix = subscriptionKey(foreignKey, new Uint8Array())
  for await (const [key, value] of store.prefixScan(prefix)) {
    const bytes = Buffer.from(key.buffer, key.byteOffset, key.length)
    const found = Buffer.from(value.buffer, value.byteOffset, value.length)
    yield [bytes.subarray(prefix.length), { partition: found.readUInt32BE(0), hash: found.subarray(4) }]
  }
}
