import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { jsonOf } from './json-of.ts'
import { uncheckedSerde } from './serde.ts'

const Payment = z.object({ id: z.bigint(), amount: z.string(), lines: z.array(z.object({ count: z.int() })) })
const good = { id: 1n, amount: '1.00', lines: [{ count: 2 }] }

function page(text: string): [Buffer, number, number] {
  const bytes = Buffer.from(text)
  return [bytes, 0, bytes.length]
}

describe('jsonOf()', () => {
  it('reads back values of the schema', () => {
    const serde = jsonOf(Payment)
    expect(serde.decode(...page(String(serde.encode(good))))).toEqual(good)
  })

  it('refuses a value that breaks the schema: where, and what was expected, but not the value', () => {
    const bad = '{"id":{"~n":"1"},"amount":"1.00","lines":[{"count":"secret"}]}'
    const read = (): unknown => jsonOf(Payment).decode(...page(bad))
    expect(read).toThrow(expect.objectContaining({ code: 'RECORD_INVALID' }))
    expect(read).toThrow(/breaks its schema: at lines\.0\.count: Invalid input: expected number/)
    expect(read).not.toThrow(/secret/)
  })

  it('shows a few of many problems', () => {
    const many = z.array(z.string())
    expect(() => jsonOf(many).decode(...page('[1,2,3,4,5]'))).toThrow(/at 0: .*; at 1: .*; at 2: .*; and 2 more/)
  })

  it('is not checked again inside: the unchecked serde reads the same bytes', () => {
    expect(uncheckedSerde(jsonOf(Payment)).decode(...page('{"id":"anything"}'))).toEqual({ id: 'anything' })
  })
})
