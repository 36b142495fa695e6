import type { Headers } from '@millrace/state-store'
import type { HeaderList } from './scenario.ts'

export function encodeHeaders(headers: HeaderList): Headers {
  return headers.map(([name, value]) => [name, value === null ? null : Buffer.from(value)])
}

export function decodeHeaders(headers: Headers): HeaderList {
  return headers.map(([name, value]) => [name, value === null ? null : Buffer.from(value).toString()])
}
