import type { TableName } from '../../types/table-name.ts'

/** What a statement in the binlog (a Query event) means for the rows of tables. */
export type StatementEffect =
  | { readonly kind: 'begin' | 'commit' | 'rollback' | 'rollback-to-savepoint' | 'xa-start' | 'none' }
  /** Changes rows, and the binlog does not say which: it was logged as a statement. */
  | { readonly kind: 'changes-rows' }
  /** A definition: the tables whose rows it makes vanish without a row event, or that it renames. */
  | { readonly kind: 'definition'; readonly altered: readonly TableName[]; readonly lost: readonly TableName[] }

const NONE: StatementEffect = { kind: 'none' }

const CHANGES_ROWS = /^(?:INSERT|REPLACE|UPDATE|DELETE|LOAD|CALL|WITH|MERGE)\b/i

/** A name with or without its database, in backticks or bare. */
const NAME = '(?:`(?:[^`]|``)+`|[^\\s`.,;()]+)'
const TABLE = `${NAME}(?:\\s*\\.\\s*${NAME})?`

/** @param database that of the session, for names without one */
export function statementEffect(text: string, database: string): StatementEffect {
  const statement = withoutComments(text)
  // The statements of every transaction first.
  if (/^BEGIN\b/i.test(statement) || /^START TRANSACTION\b/i.test(statement)) return { kind: 'begin' }
  if (/^COMMIT\b/i.test(statement)) return { kind: 'commit' }
  if (/^ROLLBACK(?:\s+WORK)?\s+TO\b/i.test(statement)) return { kind: 'rollback-to-savepoint' }
  if (/^ROLLBACK\b/i.test(statement)) return { kind: 'rollback' }
  if (/^XA\s+START\b/i.test(statement)) return { kind: 'xa-start' }
  if (CHANGES_ROWS.test(statement)) return { kind: 'changes-rows' }
  return definition(statement, database)
}

/** CREATE TABLE … SELECT: its rows follow in the same transaction (MySQL 8.0.21). */
export function opensTransaction(text: string): boolean {
  return /\bSTART TRANSACTION\s*;?\s*$/i.test(text)
}

function definition(statement: string, database: string): StatementEffect {
  const named = (list: string): readonly TableName[] => tableNames(list, database)
  const match = (pattern: string): readonly string[] => new RegExp(pattern, 'is').exec(statement)?.slice(1) ?? []

  const [truncated] = match(`^TRUNCATE\\s+(?:TABLE\\s+)?(${TABLE})`)
  if (truncated !== undefined) return lost(named(truncated))
  const [dropped] = match(`^DROP\\s+TABLES?\\s+(?:IF\\s+EXISTS\\s+)?(${TABLE}(?:\\s*,\\s*${TABLE})*)`)
  if (dropped !== undefined) return lost(named(dropped))
  const [replaced] = match(`^CREATE\\s+OR\\s+REPLACE\\s+TABLE\\s+(${TABLE})`)
  if (replaced !== undefined) return lost(named(replaced))
  const [renames] = match(`^RENAME\\s+TABLES?\\s+(?:IF\\s+EXISTS\\s+)?(.*)$`)
  if (renames !== undefined) return renamed(renames, database)
  const [altered, change = ''] = match(`^ALTER\\s+(?:ONLINE\\s+|IGNORE\\s+)*TABLE\\s+(?:IF\\s+EXISTS\\s+)?(${TABLE})(.*)$`)
  if (altered !== undefined) {
    const tables = named(altered)
    const loses =
      /\bRENAME\s+(?!COLUMN\b|INDEX\b|KEY\b)|\b(?:DROP|TRUNCATE|EXCHANGE|DISCARD|IMPORT)\s+(?:PARTITION|TABLESPACE)\b/i
    return loses.test(change) ? lost(tables) : { kind: 'definition', altered: tables, lost: [] }
  }
  const [schema] = match(`^DROP\\s+(?:DATABASE|SCHEMA)\\s+(?:IF\\s+EXISTS\\s+)?(${NAME})`)
  if (schema !== undefined) return lost([{ database: unquoted(schema), table: '*' }])
  return NONE
}

/**
 * gh-ost and pt-online-schema-change put a table with the same rows in the place of the one that they change: it is altered.
 * Any other table that takes a name brings rows of its own, so that those of the old one are lost.
 */
function renamed(list: string, database: string): StatementEffect {
  const pairs = [...list.matchAll(RENAME)].flatMap(([, from = '', to = '']) => {
    const [source] = tableNames(from, database)
    const [target] = tableNames(to, database)
    return source === undefined || target === undefined ? [] : [{ source, target }]
  })
  const isAltered = ({ database: schema, table }: TableName): boolean =>
    pairs.some(
      ({ source, target }) =>
        target.table === table && target.database === schema && source.database === schema && isCopy(source.table, table),
    )
  const sources = pairs.map(({ source }) => source)
  return { kind: 'definition', altered: sources.filter(isAltered), lost: sources.filter((name) => !isAltered(name)) }
}

function isCopy(name: string, of: string): boolean {
  return name === `_${of}_gho` || (name.startsWith('_') && name.replace(/^_+/, '') === `${of}_new`.replace(/^_+/, ''))
}

const RENAME = new RegExp(`(${TABLE})\\s+(?:WAIT\\s+\\d+\\s+|NOWAIT\\s+)?TO\\s+(${TABLE})`, 'gis')

function lost(tables: readonly TableName[]): StatementEffect {
  return { kind: 'definition', altered: [], lost: tables }
}

function tableNames(list: string, database: string): readonly TableName[] {
  return [...list.matchAll(new RegExp(`(${NAME})(?:\\s*\\.\\s*(${NAME}))?`, 'gs'))].map(([, first = '', second]) =>
    second === undefined ? { database, table: unquoted(first) } : { database: unquoted(first), table: unquoted(second) },
  )
}

function unquoted(name: string): string {
  return name.startsWith('`') ? name.slice(1, -1).replaceAll('``', '`') : name
}

/** Comments are dropped, but for the conditional ones, whose content is part of the statement; texts and names are left alone. */
function withoutComments(text: string): string {
  return text.replace(TEXT_OR_COMMENT, (_, quoted: string | undefined) => quoted ?? ' ').trim()
}

const TEXT_OR_COMMENT =
  /('(?:[^'\\]|\\.|'')*'|"(?:[^"\\]|\\.|"")*"|`(?:[^`]|``)*`)|\/\*(?!M?!)[\s\S]*?\*\/|\/\*M?!\d*|\*\/|--\s[^\n]*|#[^\n]*/g
