import type { z } from 'zod'
import { MillraceError } from '../errors.ts'
import { json } from './json.ts'
import type { Serde } from './serde.ts'

/**
 * JSON whose values are checked against a zod schema when they are read, for topics that others write. Internal topics and
 * changelogs of such values are not checked again. What is written is not checked: its type is.
 *
 * @throws {MillraceError} RECORD_INVALID when a value breaks the schema: says where in the value, and what was expected, never
 *   the value itself
 *
 * @example
 * ```ts
 * import { jsonOf, string, topology } from '@millrace/core'
 * import { z } from 'zod'
 *
 * const Click = z.object({ page: z.string(), amount: z.number() })
 *
 * export const clicks = topology('clicks', (t) => {
 *   t.stream('clicks', { key: string(), value: jsonOf(Click), onInvalid: { deadLetter: 'bad-clicks' } })
 *     .filter((click) => click.amount > 0)
 *     .to('paid-clicks')
 * })
 * ```
 */
export function jsonOf<Schema extends z.ZodType>(schema: Schema): Serde<z.output<Schema>> {
  const plain = json<z.output<Schema>>()
  return {
    name: plain.name,
    encode: plain.encode,
    decode(bytes, start, end) {
      const result = schema.safeParse(plain.decode(bytes, start, end))
      if (result.success) return result.data
      throw new MillraceError('RECORD_INVALID', `the value breaks its schema: ${describeIssues(result.error.issues)}`)
    },
    unchecked: plain,
  }
}

const SHOWN_ISSUES = 3

function describeIssues(issues: readonly z.core.$ZodIssue[]): string {
  const shown = issues.slice(0, SHOWN_ISSUES).map((issue) => `at ${pathOf(issue.path)}: ${issue.message}`)
  const hidden = issues.length - shown.length
  return shown.join('; ') + (hidden > 0 ? `; and ${hidden} more` : '')
}

function pathOf(path: readonly PropertyKey[]): string {
  return path.length === 0 ? 'the whole value' : path.map(String).join('.')
}
