import { describe, expect, it } from 'vitest'
import { decodePosition, encodePosition, type SourcePosition } from './position.ts'

describe('a position', () => {
  it.each([
    {
      stream: { gtid: 'a:1-5', file: 'b.000001', offset: 4 },
      tables: { t: { table: 'db.t' }, u: { table: 'db.u', cursor: null } },
    },
    { server: 'uuid', stream: { file: 'b.000001', offset: 4 }, tables: { t: { table: 'db.t', cursor: ['1', 'x'] } } },
  ] satisfies SourcePosition[])('comes back as it was written: %j', (position) => {
    expect(decodePosition(Buffer.from(encodePosition(position)))).toEqual(position)
  })

  it.each(['', '{}', '{"format":2}', 'null'])('of another kind is refused: %s', (text) => {
    expect(() => decodePosition(Buffer.from(text))).toThrowError(expect.objectContaining({ code: 'MYSQL_POSITION_INVALID' }))
  })
})
