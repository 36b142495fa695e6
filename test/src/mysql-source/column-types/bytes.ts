import { bytes, type TypeCase } from './type-case.ts'

/** Bytes, geometries and vectors. */
export const byteCases: readonly TypeCase[] = [
  {
    type: 'BINARY(5)',
    values: [
      ["x'0100'", bytes('0100000000')],
      ["x''", bytes('0000000000')],
      ["x'0000000001'", bytes('0000000001')],
    ],
  },
  { type: 'BINARY(255)', values: [["x'01'", bytes(`01${'00'.repeat(254)}`)]] },
  {
    type: 'VARBINARY(300)',
    values: [
      ["x'00ff00'", bytes('00ff00')],
      ["REPEAT(x'00', 300)", bytes('00'.repeat(300))],
    ],
  },
  { type: 'TINYBLOB', values: [["x'00'", bytes('00')]] },
  { type: 'BLOB', values: [["REPEAT(x'fe', 1000)", bytes('fe'.repeat(1000))]] },
  { type: 'MEDIUMBLOB', values: [["REPEAT(x'01', 70000)", bytes('01'.repeat(70000))]] },
  { type: 'LONGBLOB', values: [["x''", bytes('')]] },
  { type: 'POINT', values: [["ST_GeomFromText('POINT(1 2)')", bytes('000000000101000000000000000000f03f0000000000000040')]] },
  {
    type: 'GEOMETRY',
    values: [["ST_GeomFromText('POINT(1 2)', 0)", bytes('000000000101000000000000000000f03f0000000000000040')]],
  },
  {
    only: 'mysql',
    type: 'GEOMETRY SRID 4326',
    values: [
      ["ST_GeomFromText('POINT(1 2)', 4326, 'axis-order=long-lat')", bytes('e61000000101000000000000000000f03f0000000000000040')],
    ],
  },
  { only: 'mysql', type: 'VECTOR(3)', values: [["STRING_TO_VECTOR('[1,2.5,-3]')", bytes('0000803f00002040000040c0')]] },
]
