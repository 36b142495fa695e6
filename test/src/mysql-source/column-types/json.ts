import type { TypeCase } from './type-case.ts'

/** JSON: MySQL has a format of its own, MariaDB keeps the text. */
export const jsonCases: readonly TypeCase[] = [
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
]
