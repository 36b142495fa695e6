import type { Kind } from './server.ts'

/** A column type, SQL expressions, and what stands on the topic for each. */
export interface TypeCase {
  readonly type: string
  readonly values: readonly (readonly [sql: string, wire: unknown])[]
  readonly only?: Kind
}

const bytes = (hex: string): unknown => ({ '~b': Buffer.from(hex, 'hex').toString('base64') })
const everySetMember = Array.from({ length: 64 }, (_, i) => `v${i}`)

export const typeCases: readonly TypeCase[] = [
  {
    type: 'TINYINT',
    values: [
      ['-128', -128],
      ['127', 127],
      ['NULL', null],
    ],
  },
  {
    type: 'TINYINT(1)',
    values: [
      ['1', 1],
      ['0', 0],
    ],
  },
  { type: 'TINYINT UNSIGNED', values: [['255', 255]] },
  {
    type: 'SMALLINT',
    values: [
      ['-32768', -32768],
      ['32767', 32767],
    ],
  },
  { type: 'SMALLINT UNSIGNED', values: [['65535', 65535]] },
  {
    type: 'MEDIUMINT',
    values: [
      ['-8388608', -8388608],
      ['8388607', 8388607],
      ['-1', -1],
    ],
  },
  { type: 'MEDIUMINT UNSIGNED', values: [['16777215', 16777215]] },
  {
    type: 'INT',
    values: [
      ['-2147483648', -2147483648],
      ['2147483647', 2147483647],
    ],
  },
  { type: 'INT UNSIGNED', values: [['4294967295', 4294967295]] },
  {
    type: 'INT(8) UNSIGNED ZEROFILL',
    values: [
      ['42', 42],
      ['0', 0],
    ],
  },
  {
    type: 'BIGINT',
    values: [
      '-9223372036854775808',
      '9223372036854775807',
      '-1',
      '0',
      '5',
      '9007199254740993',
      '-9007199254740993',
      '-4294967296',
    ].map((value) => [value, value] as const),
  },
  {
    type: 'BIGINT UNSIGNED',
    values: [
      ['18446744073709551615', '18446744073709551615'],
      ['9007199254740992', '9007199254740992'],
    ],
  },
  { type: 'BIGINT UNSIGNED ZEROFILL', values: [['7', '7']] },
  {
    type: 'DECIMAL(65,30)',
    values: [
      [
        "'-12345678901234567890123456789012345.000000000000000000000000000001'",
        '-12345678901234567890123456789012345.000000000000000000000000000001',
      ],
      ['-0.5', '-0.500000000000000000000000000000'],
    ],
  },
  {
    type: 'DECIMAL(10,2)',
    values: [
      ['-0.01', '-0.01'],
      ['12345678.99', '12345678.99'],
      ['0', '0.00'],
      ['-0.00', '0.00'],
      ['-10', '-10.00'],
    ],
  },
  {
    type: 'DECIMAL(20,9)',
    values: [
      ['-1.000000001', '-1.000000001'],
      ['12345678901.123456789', '12345678901.123456789'],
    ],
  },
  {
    type: 'DECIMAL(5,0)',
    values: [
      ['-99999', '-99999'],
      ['100', '100'],
    ],
  },
  {
    type: 'DECIMAL(10,3) UNSIGNED ZEROFILL',
    values: [
      ['1.5', '1.500'],
      ['0', '0.000'],
    ],
  },
  {
    type: 'FLOAT',
    values: [
      ['1.1', 1.1],
      ['16777216', 16777216],
      ['3.4028234e38', 3.4028235e38],
      ['0.3', 0.3],
      ['123456789', 123456790],
      ['-1.17549435e-38', -1.1754944e-38],
    ],
  },
  { type: 'FLOAT(7,3)', values: [['1.2345', 1.234]] },
  {
    type: 'DOUBLE',
    values: [
      ['1.1', 1.1],
      ['1e308', 1e308],
      ['0.1', 0.1],
      ['1e21', 1e21],
      ['123456789012345678', 123456789012345680],
      ['-2.2250738585072014e-308', -2.2250738585072014e-308],
    ],
  },
  { type: 'DOUBLE(10,2)', values: [['1.239', 1.24]] },
  {
    type: 'YEAR',
    values: [
      ['0', 0],
      ["'0000'", 0],
      ['1901', 1901],
      ['2155', 2155],
    ],
  },
  {
    type: 'DATE',
    values: [
      ["'0000-00-00'", '0000-00-00'],
      ["'2026-02-28'", '2026-02-28'],
      ["'9999-12-31'", '9999-12-31'],
      ["'2026-00-00'", '2026-00-00'],
    ],
  },
  {
    type: 'TIME',
    values: ['-00:01:00', '838:59:59', '-838:59:59', '00:00:00', '-00:00:01'].map((time) => [`'${time}'`, time] as const),
  },
  {
    type: 'TIME(1)',
    values: [
      ["'-00:00:00.1'", '-00:00:00.1'],
      ["'12:00:00.9'", '12:00:00.9'],
    ],
  },
  {
    type: 'TIME(3)',
    values: [
      ["'-00:01:00.001'", '-00:01:00.001'],
      ["'-00:01:00'", '-00:01:00.000'],
    ],
  },
  {
    type: 'TIME(6)',
    values: ['-00:00:00.000001', '-12:34:56.789012', '838:59:58.999999'].map((time) => [`'${time}'`, time] as const),
  },
  {
    type: 'DATETIME',
    values: ['0000-00-00 00:00:00', '2026-01-02 03:04:05', '9999-12-31 23:59:59'].map((time) => [`'${time}'`, time] as const),
  },
  { type: 'DATETIME(1)', values: [["'2026-01-02 03:04:05.6'", '2026-01-02 03:04:05.6']] },
  { type: 'DATETIME(5)', values: [["'2026-01-02 03:04:05.00007'", '2026-01-02 03:04:05.00007']] },
  {
    type: 'DATETIME(6)',
    values: ['1000-01-01 00:00:00.000001', '2026-01-02 03:04:05.999999'].map((time) => [`'${time}'`, time] as const),
  },
  {
    type: 'TIMESTAMP NULL',
    values: ['1970-01-01 00:00:01', '2038-01-19 03:14:07', '0000-00-00 00:00:00'].map((time) => [`'${time}'`, time] as const),
  },
  { type: 'TIMESTAMP(2) NULL', values: [["'2001-09-09 01:46:40.25'", '2001-09-09 01:46:40.25']] },
  {
    type: 'TIMESTAMP(6) NULL',
    values: [
      ["'2038-01-19 03:14:07.499999'", '2038-01-19 03:14:07.499999'],
      ["'0000-00-00'", '0000-00-00 00:00:00.000000'],
    ],
  },
  {
    type: 'CHAR(10)',
    values: [
      ["'a b  '", 'a b'],
      ["''", ''],
      ["'é😀'", 'é😀'],
    ],
  },
  { type: 'CHAR(10) CHARACTER SET latin1', values: [["'é€'", 'é€']] },
  { type: 'CHAR(200)', values: [["REPEAT('é', 200)", 'é'.repeat(200)]] },
  {
    type: 'VARCHAR(100)',
    values: [
      ["'  pad  '", '  pad  '],
      [String.raw`'quote\\"\n\t\0end\r'`, 'quote\\"\n\t\0end\r'],
      ["'\u2028'", '\u2028'],
    ],
  },
  { type: 'VARCHAR(300) CHARACTER SET latin1', values: [["REPEAT('ü', 300)", 'ü'.repeat(300)]] },
  { type: 'VARCHAR(20) CHARACTER SET koi8r', values: [["'Привет'", 'Привет']] },
  { type: 'VARCHAR(20) CHARACTER SET cp1251', values: [["'Ж'", 'Ж']] },
  { type: 'VARCHAR(20) CHARACTER SET latin2', values: [["'ąż'", 'ąż']] },
  { type: 'VARCHAR(20) CHARACTER SET ascii', values: [["'plain'", 'plain']] },
  { type: 'VARCHAR(20) CHARACTER SET utf8mb3', values: [["'é€'", 'é€']] },
  ...['utf16', 'utf16le', 'utf32'].map(
    (set): TypeCase => ({ type: `VARCHAR(20) CHARACTER SET ${set}`, values: [["'a😀é'", 'a😀é']] }),
  ),
  { type: 'VARCHAR(20) CHARACTER SET ucs2', values: [["'aé€'", 'aé€']] },
  { type: 'TINYTEXT', values: [["'t'", 't']] },
  { type: 'TEXT', values: [["REPEAT('é', 1000)", 'é'.repeat(1000)]] },
  { type: 'MEDIUMTEXT CHARACTER SET latin1', values: [["REPEAT('ö', 70000)", 'ö'.repeat(70000)]] },
  { type: 'LONGTEXT', values: [["'long'", 'long']] },
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
  {
    type: "ENUM('a','b''c','é,x')",
    values: [
      ["'a'", 'a'],
      [`'é,x'`, 'é,x'],
      ["'b''c'", "b'c"],
      ["'invalid'", ''],
    ],
  },
  { type: "ENUM('x','ü') CHARACTER SET latin1", values: [["'ü'", 'ü']] },
  {
    type: "SET('x','y','z é')",
    values: [
      ["'z é,x'", 'x,z é'],
      ["''", ''],
      ["'y'", 'y'],
    ],
  },
  { type: `SET(${everySetMember.map((member) => `'${member}'`).join(',')})`, values: [["'v63,v0,v31,v32'", 'v0,v31,v32,v63']] },
  {
    type: 'BIT(1)',
    values: [
      ["b'1'", 1],
      ["b'0'", 0],
    ],
  },
  { type: 'BIT(10)', values: [["b'1000000001'", 513]] },
  { type: 'BIT(53)', values: [['9007199254740991', 9007199254740991]] },
  { type: 'BIT(64)', values: [['18446744073709551615', { '~n': '18446744073709551615' }]] },
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
  {
    only: 'mysql',
    type: 'JSON',
    values: [
      [
        `'{"b":1.0,"a":[1,-2,3000000000,9223372036854775807,18446744073709551615]}'`,
        '{"a": [1, -2, 3000000000, 9223372036854775807, 18446744073709551615], "b": 1.0}',
      ],
      [
        String.raw`'["\\u00e9\\n\\"q\\u001f", true, null, 1e100, 1e-7, -0.0]'`,
        String.raw`["é\n\"q\u001f", true, null, 1e100, 0.0000001, -0.0]`,
      ],
      [`'{"__proto__":{"x":1},"":{}}'`, '{"": {}, "__proto__": {"x": 1}}'],
      [
        "JSON_OBJECT('d', CAST('2020-01-02' AS DATE), 't', CAST('-12:34:56.7' AS TIME(1)))",
        '{"d": "2020-01-02", "t": "-12:34:56.700000"}',
      ],
      ["JSON_ARRAY(TIMESTAMP('2020-01-02 03:04:05'), CAST(-1.50 AS DECIMAL(10,2)))", '["2020-01-02 03:04:05.000000", -1.50]'],
      ["JSON_ARRAY(CAST('abc' AS BINARY), b'101')", '["base64:type15:YWJj", "base64:type15:BQ=="]'],
      ["'null'", 'null'],
      ["'[]'", '[]'],
    ],
  },
  { only: 'mariadb', type: 'JSON', values: [[`'{"b":1.0,  "a":[]}'`, '{"b":1.0,  "a":[]}']] },
  {
    only: 'mariadb',
    type: 'UUID',
    values: [
      ["'6CCD780C-baba-1026-9564-5b8c656024db'", '6ccd780c-baba-1026-9564-5b8c656024db'],
      ["'018f0000-0000-7000-8000-000000000000'", '018f0000-0000-7000-8000-000000000000'],
    ],
  },
  {
    only: 'mariadb',
    type: 'INET6',
    values: ['::1', '2001:db8::ff00:42:8329', '::ffff:1.2.3.4', '::', '::1.2.3.4', '1:0:0:2::3', '::1:0:0'].map(
      (address) => [`'${address}'`, address] as const,
    ),
  },
  {
    only: 'mariadb',
    type: 'INET4',
    values: [
      ["'1.2.3.4'", '1.2.3.4'],
      ["'0.0.0.0'", '0.0.0.0'],
    ],
  },
  {
    only: 'mariadb',
    type: 'VARCHAR(500) COMPRESSED',
    values: [
      ["REPEAT('é', 300)", 'é'.repeat(300)],
      ["'x'", 'x'],
      ["''", ''],
    ],
  },
  { only: 'mariadb', type: 'TEXT COMPRESSED', values: [["REPEAT('a', 5000)", 'a'.repeat(5000)]] },
  { only: 'mariadb', type: 'BLOB COMPRESSED', values: [["REPEAT(x'00', 5000)", bytes('00'.repeat(5000))]] },
]
