import { topology, type Topology } from '@millrace/core'
import { mysqlTable, mysqlView } from '@millrace/mysql-connector'
import type { MirroredTable } from './options.ts'
import type { PrimaryKey } from './target-table.ts'

/** Each table's rows, as they are, into a topic and from there into the target. */
export function mirror(tables: readonly (MirroredTable & { readonly key: PrimaryKey })[]): Topology {
  return topology('mirror', (t) => {
    for (const { source, target, key } of tables) {
      t.table(mysqlTable(source, { key })).to(mysqlView(target, { key, create: false }))
    }
  })
}
