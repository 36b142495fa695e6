/** What stands on the topic for values of every column type. */
import { byteCases } from './bytes.ts'
import { jsonCases } from './json.ts'
import { mariadbCases } from './mariadb.ts'
import { numberCases } from './numbers.ts'
import { textCases } from './texts.ts'
import { timeCases } from './times.ts'
import type { TypeCase } from './type-case.ts'

export const typeCases: readonly TypeCase[] = [
  ...numberCases,
  ...timeCases,
  ...textCases,
  ...byteCases,
  ...jsonCases,
  ...mariadbCases,
]
