import type { Headers } from '@millrace/state-store'
import type { ErrorLocation } from '../errors.ts'

/**
 * Headers of a record on its way to a dead-letter topic: its own ones, then why it is there and where it was read. Key and
 * value stay the original bytes, so that it can be sent again when the cause is gone.
 */
export function deadLetterHeaders(original: Headers, reason: string, location: ErrorLocation): Headers {
  return [
    ...original,
    ['millrace.reason', Buffer.from(reason)],
    ['millrace.operator', Buffer.from(String(location.operator))],
    ['millrace.topic', Buffer.from(String(location.topic))],
    ['millrace.partition', Buffer.from(String(location.partition))],
    ['millrace.offset', Buffer.from(String(location.offset))],
  ]
}
