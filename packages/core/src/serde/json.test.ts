import { isDeepStrictEqual } from 'node:util'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { json } from './json.ts'

function textOf(value: unknown): string {
  const encoded = json().encode(value)
  if (typeof encoded !== 'string') throw new Error('json() writes text')
  return encoded
}

function read(text: string): unknown {
  const page = Buffer.from(text)
  return json().decode(page, 0, page.length)
}

const leaf = fc.oneof(
  fc.string(),
  fc.double(),
  fc.boolean(),
  fc.constant(null),
  fc.bigInt(),
  fc.date({ noInvalidDate: false }),
  fc.uint8Array({ maxLength: 8 }),
)
// Keys that look like tags, like escaped tags, and like prototypes.
const key = fc.oneof(fc.string(), fc.constantFrom('~', '~n', '~d', '~~n', '~~', '__proto__', 'constructor', 'toJSON', 'length'))
const value: fc.Arbitrary<unknown> = fc.letrec<{ node: unknown }>((tie) => ({
  node: fc.oneof(
    { maxDepth: 4 },
    leaf,
    fc.array(fc.oneof(tie('node'), fc.constant(undefined)), { maxLength: 4 }),
    fc.dictionary(key, tie('node'), { maxKeys: 4, noNullPrototype: true }),
  ),
})).node

describe('json()', () => {
  it('reads back what it wrote, with every type', () => {
    fc.assert(
      fc.property(value, (original) => {
        // Not toStrictEqual, which asks for `constructor` and so stumbles over such a key.
        expect(isDeepStrictEqual(read(textOf(original)), original)).toBe(true)
      }),
      { numRuns: 2_000 },
    )
  })

  it('writes plain values as plain JSON', () => {
    const plain = { id: 7, tags: ['a', null, true], nested: { text: 'ü "~n" \n' } }
    expect(textOf(plain)).toBe(JSON.stringify(plain))
  })

  it('writes what JSON lacks as tagged objects', () => {
    expect(textOf({ cents: 12n, at: new Date(0), raw: new Uint8Array([1]) })).toBe(
      '{"cents":{"~n":"12"},"at":{"~d":0},"raw":{"~b":"AQ=="}}',
    )
    expect(textOf([Number.NaN, -0, undefined])).toBe('[{"~f":"NaN"},{"~f":"-0"},{"~u":1}]')
  })

  it('never takes a key of the user for a tag', () => {
    expect(textOf({ '~n': '12' })).toBe('{"~~n":"12"}')
    expect(read('{"~~n":"12"}')).toEqual({ '~n': '12' })
  })

  it('leaves out properties that are undefined, as JSON does', () => {
    expect(textOf({ a: 1, b: undefined })).toBe('{"a":1}')
    expect(textOf({ a: 1n, b: undefined })).toBe('{"a":{"~n":"1"}}')
  })

  it('refuses what it cannot keep, rather than bend it', () => {
    class Money {}
    for (const lost of [new Map(), new Set(), new Money(), () => 1, Symbol('s'), [{ deep: new Map() }]]) {
      expect(() => textOf({ lost })).toThrow(expect.objectContaining({ code: 'RECORD_INVALID' }))
    }
    expect(() => textOf(new Money())).toThrow(/of class Money/)
    const cycle: { self?: object } = {}
    cycle.self = cycle
    expect(() => textOf(cycle)).toThrow(/holds itself/)
  })

  it('refuses bytes that are no JSON, without quoting them', () => {
    expect(() => read('{"password": secret}')).toThrow(/20 bytes that are no JSON/)
    expect(() => read('{"password": secret}')).not.toThrow(/secret/)
    expect(() => read('{"~z":1}')).toThrow(/unknown tag "~z"/)
    expect(() => read('')).toThrow(expect.objectContaining({ code: 'RECORD_INVALID' }))
  })
})
