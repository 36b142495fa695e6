import type { Kind } from '../server.ts'

/** A column type, SQL expressions, and what stands on the topic for each. */
export interface TypeCase {
  readonly type: string
  readonly values: readonly (readonly [sql: string, wire: unknown])[]
  readonly only?: Kind
}

/** Bytes as they stand on the topic. */
export function bytes(hex: string): unknown {
  return { '~b': Buffer.from(hex, 'hex').toString('base64') }
}
