import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { int32, json, type Serde, string, type Windowed, windowed } from './index.ts'

function bytesOf<K>(serde: Serde<Windowed<K>>, key: K, start: number): Buffer {
  const encoded = serde.encode({ key, window: { start, end: start + 60_000 } })
  return Buffer.from(encoded)
}

describe('windowed()', () => {
  it('writes the key and 8 bytes of window start, as TimeWindowedSerializer does', () => {
    expect(bytesOf(windowed(int32(), 60_000), 7, 1_700_000_000_000).toString('hex')).toBe(`00000007${'0000018bcfe56800'}`)
    expect(bytesOf(windowed(string(), 60_000), 'é', 1).toString('hex')).toBe(`c3a9${'0000000000000001'}`)
  })

  it('reads back key and window', () => {
    const serde = windowed(json<unknown>(), 60_000)
    fc.assert(
      fc.property(fc.jsonValue(), fc.integer({ min: 0, max: 2 ** 50 }), (key, start) => {
        const page = Buffer.concat([Buffer.from('x'), bytesOf(serde, key, start)])
        const read = serde.decode(page, 1, page.length)
        expect(JSON.stringify(read)).toBe(JSON.stringify({ key, window: { start, end: start + 60_000 } }))
      }),
    )
  })

  it('has equal identities exactly for the same key in the same window', () => {
    const serde = windowed(string(), 10)
    const identity = (key: string, start: number) => serde.identity?.({ key, window: { start, end: start + 10 } })
    expect(identity('a', 10)).toBe(identity('a', 10))
    expect(new Set([identity('a', 10), identity('a', 20), identity('0@a', 1), identity('a', 1)]).size).toBe(4)
  })

  it('refuses bytes without a window start', () => {
    expect(() => windowed(string(), 10).decode(Buffer.from('abc'), 0, 3)).toThrow(/8 bytes of window start are missing/)
  })
})
