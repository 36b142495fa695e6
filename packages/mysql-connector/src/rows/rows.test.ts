import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { formatDateTime, parseDateTime } from './date-text.ts'
import { eventTime, keySerde, rowSerde } from './index.ts'

function read<T>(serde: { decode(bytes: Buffer, start: number, end: number): T }, text: string): T {
  const bytes = Buffer.from(`..${text}..`)
  return serde.decode(bytes, 2, bytes.length - 2)
}

const Everything = z.object({
  id: z.bigint(),
  small: z.int(),
  ratio: z.number(),
  amount: z.string(),
  status: z.enum(['new', 'paid']),
  paid: z.boolean(),
  at: z.date(),
  picture: z.instanceof(Uint8Array),
  settings: z.object({ dark: z.boolean() }),
  note: z.string().nullable(),
  hint: z.string().optional(),
  '~odd': z.int(),
})

describe('rows typed by a schema', () => {
  const serde = rowSerde('shop.t', Everything, ['id'])
  const wire =
    '{"id":"9007199254740993","small":7,"ratio":1.5,"amount":"12.30","status":"paid","paid":1,"at":"2026-01-02 03:04:05.678912",' +
    '"picture":{"~b":"AQI="},"settings":"{\\"dark\\": true}","note":null,"hint":null,"~~odd":3,"other":1}'
  const row = {
    id: 9007199254740993n,
    small: 7,
    ratio: 1.5,
    amount: '12.30',
    status: 'paid' as const,
    paid: true,
    at: new Date('2026-01-02T03:04:05.678Z'),
    picture: new Uint8Array([1, 2]),
    settings: { dark: true },
    note: null,
    hint: undefined,
    '~odd': 3,
  }

  it('are read from the wire form of each type', () => {
    expect(read(serde, wire)).toEqual(row)
  })

  it('come back as they were from what is written for stores', () => {
    expect(read(serde, String(serde.encode(row)))).toEqual(row)
    expect(read(serde.unchecked ?? serde, String(serde.encode(row)))).toEqual(row)
  })

  it('that break the schema are refused, with table, key, column and what was expected, never the value', () => {
    const attempt = (): unknown => read(serde, wire.replace('"12.30"', 'null').replace('"paid","paid"', '"secret","paid"'))
    expect(attempt).toThrowError(expect.objectContaining({ code: 'MYSQL_ROW_INVALID' }))
    expect(attempt).toThrowError(
      /the row with id = 9007199254740993 of shop\.t .* column amount: .*expected string, received null/,
    )
    expect(attempt).toThrowError(/column status: .*expected one of "new"\|"paid"/)
    expect(attempt).not.toThrowError(/secret/)
  })

  it('are refused when they are no rows', () => {
    expect(() => read(serde, 'hello secret')).toThrowError('not a row of shop.t: 12 bytes that are no JSON object')
  })

  it('that only kinds of values are asked for are taken or refused just as zod does', () => {
    const Plain = z.object({
      id: z.bigint(),
      n: z.int().nullable(),
      r: z.number(),
      s: z.string().optional(),
      e: z.enum(['a', 'b']),
      t: z.date(),
    })
    const plain = rowSerde('shop.t', Plain, undefined)
    const value = fc.constantFrom(
      '1',
      '-12345678901234567890',
      '1.5',
      '',
      'x',
      1,
      1.5,
      null,
      'a',
      '2026-01-02',
      '0000-00-00 00:00:00',
      true,
    )
    fc.assert(
      fc.property(fc.record({ id: value, n: value, r: value, s: value, e: value, t: value }, { requiredKeys: [] }), (wire) => {
        const text = JSON.stringify(wire)
        const row = read(plain.unchecked ?? plain, text)
        const zod = Plain.safeParse(row)
        if (zod.success) expect(read(plain, text)).toEqual(zod.data)
        else expect(() => read(plain, text)).toThrowError(expect.objectContaining({ code: 'MYSQL_ROW_INVALID' }))
      }),
    )
  })

  it('a schema with transforms is refused', () => {
    const schema = z.object({ id: z.string().transform(Number) })
    expect(() => rowSerde('shop.t', schema, undefined)).toThrowError(expect.objectContaining({ code: 'MYSQL_OPTIONS_INVALID' }))
  })
})

describe('keys', () => {
  it('of one column are its text, of several a list of texts', () => {
    const schema = z.object({ id: z.bigint(), n: z.int(), s: z.string(), b: z.instanceof(Uint8Array) })
    const one = keySerde('shop.t', 'id', schema)
    expect(one.encode(5n)).toBe('5')
    expect(read(one, '-9223372036854775808')).toBe(-9223372036854775808n)
    const several = keySerde('shop.t', ['s', 'n', 'b'], schema)
    const key = { s: 'a"b', n: 7, b: new Uint8Array([255]) }
    expect(several.encode(key)).toBe('["a\\"b","7","/w=="]')
    expect(read(several, '["a\\"b","7","/w=="]')).toEqual(key)
    const list = keySerde('shop.t', ['id'], schema)
    expect(list.encode({ id: 5n })).toBe('5')
    expect(read(list, '5')).toEqual({ id: 5n })
  })

  it('a column that has no text of its own is refused', () => {
    const schema = z.object({ at: z.date() })
    expect(() => keySerde('shop.t', 'at', schema)).toThrowError(/cannot be typed as a date/)
    expect(() => keySerde('shop.t', 'id', schema)).toThrowError(/has no column 'id'/)
  })
})

describe('dates', () => {
  it('are read as UTC and written back', () => {
    fc.assert(
      fc.property(
        fc.date({ min: new Date('0001-01-01T00:00:00Z'), max: new Date('9999-12-31T23:59:59.999Z'), noInvalidDate: true }),
        (date) => {
          expect(parseDateTime(formatDateTime(date.getTime()))).toBe(date.getTime())
        },
      ),
    )
  })

  it.each([
    ['2026-01-02', Date.UTC(2026, 0, 2)],
    ['2024-02-29 01:02:03', Date.UTC(2024, 1, 29, 1, 2, 3)],
    ['2026-01-02 03:04:05.9', Date.UTC(2026, 0, 2, 3, 4, 5, 900)],
    ['2026-01-02 03:04:05.123999', Date.UTC(2026, 0, 2, 3, 4, 5, 123)],
    ['0000-00-00', Number.NaN],
    ['2026-02-30 00:00:00', Number.NaN],
    ['hello', Number.NaN],
  ])('%s', (text, time) => {
    expect(parseDateTime(text)).toBe(time)
  })
})

describe('event time', () => {
  const view = { timestamp: 5, headers: [], topic: 't', partition: 0, offset: 0 }
  it('comes from a date, its text, or milliseconds', () => {
    const at = eventTime('shop.t', 'at')
    expect(at({ at: new Date(7) }, '1', view)).toBe(7)
    expect(at({ at: '1970-01-01 00:00:01.5' }, '1', view)).toBe(1500)
    expect(at({ at: 9n }, '1', view)).toBe(9)
  })

  it('a row without one is refused', () => {
    expect(() => eventTime('shop.t', 'at')({ at: null }, '1', view)).toThrowError(/no time in column 'at' \(it is NULL\)/)
  })
})
