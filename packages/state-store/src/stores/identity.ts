import type { Codec } from '../codec.ts'
import { toBuffer } from '../encoded.ts'
import type { Identity } from '../cache/entry.ts'

/** What the cache holds keys of this codec by: its own identity, or the encoding's bytes as text of one byte a unit. */
export function identityOf<K>(codec: Codec<K>): (key: K) => Identity {
  if (codec.identity !== undefined) {
    const identity = codec.identity.bind(codec)
    return identity
  }
  return (key) => {
    const bytes = toBuffer(codec.encode(key))
    return bytes.latin1Slice(0, bytes.length)
  }
}
