import type { SourceTaskContext } from '@millrace/core'

/** The header of a record that says what happened to its row. */
export type OperationHeaders = Parameters<SourceTaskContext['emit']>[4]

/** `r` read by the snapshot, `c` created, `u` updated, `d` deleted; made once. */
export const operationHeaders: Readonly<Record<'r' | 'c' | 'u' | 'd', OperationHeaders>> = {
  r: header('r'),
  c: header('c'),
  u: header('u'),
  d: header('d'),
}

function header(operation: string): OperationHeaders {
  return Object.freeze([Object.freeze(['op', Buffer.from(operation)] as const)])
}
