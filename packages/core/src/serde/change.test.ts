import { describe, expect, it } from 'vitest'
import { changeOf, int32, string } from './index.ts'

describe('changeOf()', () => {
  it('reads back both sides, or the one that is there', () => {
    const serde = changeOf(string())
    for (const change of [
      { next: 'new', previous: 'öld' },
      { next: 'new', previous: null },
      { next: null, previous: '' },
      { next: '', previous: null },
      { next: null, previous: null },
    ]) {
      const encoded = Buffer.from(serde.encode(change))
      const page = Buffer.concat([Buffer.from('x'), encoded, Buffer.from('y')])
      expect(serde.decode(page, 1, 1 + encoded.length)).toEqual(change)
    }
  })

  it('refuses bytes that are no change', () => {
    expect(() => changeOf(int32()).decode(Buffer.from('abc'), 0, 3)).toThrow(expect.objectContaining({ code: 'RECORD_INVALID' }))
    expect(() => changeOf(int32()).decode(Buffer.from('0100000fff00', 'hex'), 0, 6)).toThrow(/are no change of a table/)
  })
})
