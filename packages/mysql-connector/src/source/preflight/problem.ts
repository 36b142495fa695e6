import { MysqlConnectorError, type MysqlErrorCode } from '../../errors.ts'

/** One thing that must be put right, and how. */
export interface Problem {
  readonly code: MysqlErrorCode
  readonly message: string
}

/** @throws {MysqlConnectorError} the only problem under its own code, several under MYSQL_PREFLIGHT_FAILED */
export function throwProblems(where: string, problems: readonly Problem[]): void {
  const [first] = problems
  if (first === undefined) return
  if (problems.length === 1) throw new MysqlConnectorError(first.code, `MySQL at ${where}: ${first.message}`)
  const list = problems.map(({ code, message }) => `\n  - ${code}: ${message}`).join('')
  throw new MysqlConnectorError(
    'MYSQL_PREFLIGHT_FAILED',
    `MySQL at ${where} cannot be read exactly as it is set up; nothing was read:${list}`,
  )
}
