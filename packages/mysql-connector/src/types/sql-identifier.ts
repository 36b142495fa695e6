/** A name in backticks, safe for any text (MySQL manual, "Schema Object Names"). */
export function sqlIdentifier(name: string): string {
  return `\`${name.replaceAll('`', '``')}\``
}

/** `` `db`.`table` `` */
export function sqlTableIdentifier(table: { readonly database: string; readonly table: string }): string {
  return `${sqlIdentifier(table.database)}.${sqlIdentifier(table.table)}`
}
