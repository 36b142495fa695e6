import { bytes, type TypeCase } from './type-case.ts'

/** What MariaDB alone has. */
export const mariadbCases: readonly TypeCase[] = [
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
