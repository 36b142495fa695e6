import type { Encoded } from '@millrace/state-store'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { responseOf, subscription, type Subscription } from './foreign-key.ts'
import { json, type Serde, string } from './index.ts'
import { unmatchedKey, unmatchedValues } from './unmatched.ts'
import { waitingKey, waitingRecord } from './waiting.ts'

/** Through bytes in the middle of others, as they are in a fetch response or a page. */
function through<T>(serde: Serde<T>, value: T): T {
  const encoded: Encoded = serde.encode(value)
  const bytes = Buffer.concat([Buffer.from('before'), Buffer.from(encoded), Buffer.from('after')])
  return serde.decode(bytes, 6, bytes.length - 5)
}

function bytesOf<T>(serde: Serde<T>, value: T): Buffer {
  return Buffer.from(serde.encode(value))
}

const hash = fc.option(
  fc.uint8Array({ minLength: 16, maxLength: 16 }).map((bytes) => Buffer.from(bytes)),
  { nil: null },
)

describe('messages of a foreign-key join', () => {
  it('come back as they were', () => {
    const message: fc.Arbitrary<Subscription> = fc.record({
      instruction: fc.constantFrom('answer', 'answer-if-present', 'end-and-answer', 'end'),
      hash,
      partition: fc.nat({ max: 4_000_000_000 }),
      primaryKey: fc.uint8Array({ maxLength: 30 }).map((bytes) => Buffer.from(bytes)),
    })
    fc.assert(
      fc.property(message, (sent) => {
        expect(through(subscription, sent)).toEqual(sent)
      }),
    )
    const rows = responseOf(json<unknown>())
    fc.assert(
      fc.property(hash, fc.option(fc.record({ name: fc.string() }), { nil: null }), (of, value) => {
        expect(through(rows, { hash: of, value })).toEqual({ hash: of, value })
      }),
    )
  })

  it('take an empty encoding for no row', () => {
    expect(through(responseOf(string()), { hash: null, value: '' })).toEqual({ hash: null, value: null })
  })

  it('that are something else are refused', () => {
    expect(() => subscription.decode(Buffer.of(4, 0, 0), 0, 3)).toThrow(/no subscription of a foreign-key join/)
    expect(() => responseOf(string()).decode(Buffer.of(4), 0, 1)).toThrow(/no response of a foreign-key join/)
  })
})

describe('places of records that wait', () => {
  const time = fc.nat({ max: 2 ** 45 })
  const key = fc.string({ minLength: 1, maxLength: 4 })

  it('of a join of streams are in order of time, right before left, key', () => {
    const place = unmatchedKey(string())
    const at = fc.record({ timestamp: time, side: fc.constantFrom('left', 'right'), key })
    fc.assert(
      fc.property(at, at, (a, b) => {
        expect(through(place, a)).toEqual(a)
        const bySide = Number(a.side === 'left') - Number(b.side === 'left')
        const byKey = Buffer.compare(Buffer.from(a.key), Buffer.from(b.key))
        const order = Math.sign(a.timestamp - b.timestamp) || Math.sign(bySide) || byKey
        expect(Buffer.compare(bytesOf(place, a), bytesOf(place, b))).toBe(order)
      }),
    )
    const bound = bytesOf(place, { timestamp: 7, side: 'right', key: null })
    expect(Buffer.compare(bound, bytesOf(place, { timestamp: 7, side: 'right', key: '' }))).toBe(0)
    expect(Buffer.compare(bound, bytesOf(place, { timestamp: 6, side: 'left', key: 'z' }))).toBe(1)
  })

  it('of a join with a table are in order of time, key, arrival', () => {
    const place = waitingKey(string())
    fc.assert(
      fc.property(time, fc.option(key, { nil: null }), fc.nat({ max: 9 }), fc.nat({ max: 9 }), (timestamp, of, first, second) => {
        const [a, b] = [first, second].map((sequence) => ({ timestamp, key: of, sequence }))
        if (a === undefined || b === undefined) return
        expect(through(place, a)).toEqual(a)
        expect(Buffer.compare(bytesOf(place, a), bytesOf(place, b))).toBe(Math.sign(first - second))
      }),
    )
  })

  it('keep values and headers', () => {
    const values = unmatchedValues(string(), json<unknown>())
    for (const kept of [
      { side: 'left', values: ['a', '', 'ä'] },
      { side: 'right', values: [{ n: 1 }, [2]] },
    ] as const) {
      expect(through(values, kept)).toEqual(kept)
    }
    const record = { value: 'v', headers: [['h', Buffer.from('1')] as const, ['none', null] as const] }
    expect(through(waitingRecord(string()), record)).toEqual(record)
    expect(through(waitingRecord(string()), { value: '', headers: [] })).toEqual({ value: '', headers: [] })
  })
})
