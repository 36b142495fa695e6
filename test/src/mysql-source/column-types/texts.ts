import type { TypeCase } from './type-case.ts'

const everySetMember = Array.from({ length: 64 }, (_, i) => `v${i}`)

/** Texts, in several character sets; ENUM and SET. */
export const textCases: readonly TypeCase[] = [
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
]
