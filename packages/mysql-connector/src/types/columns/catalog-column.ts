import { snapshotBytes, snapshotHex } from './binary.ts'
import { snapshotBit } from './bit.ts'
import type { Charsets } from './charset.ts'
import type { CatalogColumn, SnapshotColumn } from './column.ts'
import { snapshotDecimal } from './decimal.ts'
import { snapshotDouble, snapshotFloat } from './float.ts'
import { snapshotInteger, snapshotYear } from './integer.ts'
import { snapshotJson } from './json.ts'
import { snapshotInet4, snapshotInet6, snapshotUuid } from './network.ts'
import { snapshotTemporal } from './temporal.ts'
import { snapshotMembers, snapshotText } from './text.ts'

/**
 * How to read a column by a query.
 * @returns undefined for a type or character set that the binlog could not be read exactly for
 */
export function catalogColumn(column: CatalogColumn, charsets: Charsets): SnapshotColumn | undefined {
  // Fractional temporals in MariaDB's format of before 10.1: the binlog does not tell them from others.
  if (column.columnType.includes('mariadb-5.3')) return undefined
  switch (column.dataType) {
    case 'tinyint':
    case 'smallint':
    case 'mediumint':
    case 'int':
    case 'bigint':
      return snapshotInteger(column)
    case 'year':
      return snapshotYear
    case 'decimal':
      return snapshotDecimal(column)
    case 'float':
      return snapshotFloat
    case 'double':
      return snapshotDouble
    case 'bit':
      return snapshotBit(Number(/\d+/.exec(column.columnType)?.[0] ?? 1))
    case 'date':
      return snapshotTemporal('DATE', 0)
    case 'time':
      return snapshotTemporal('TIME', column.fractionalDigits)
    case 'datetime':
    case 'timestamp':
      return snapshotTemporal('DATETIME', column.fractionalDigits)
    case 'char':
    case 'varchar':
    case 'tinytext':
    case 'text':
    case 'mediumtext':
    case 'longtext':
      return column.charset !== null && charsets.reader(column.charset) !== undefined ? snapshotText(column) : undefined
    case 'enum':
    case 'set':
      return column.charset !== null && charsets.reader(column.charset) !== undefined ? snapshotMembers : undefined
    case 'json':
      return snapshotJson
    case 'binary':
    case 'varbinary':
    case 'tinyblob':
    case 'blob':
    case 'mediumblob':
    case 'longblob':
      return snapshotBytes
    case 'uuid':
      return snapshotUuid
    case 'inet6':
      return snapshotInet6
    case 'inet4':
      return snapshotInet4
    case 'vector':
    case 'geometry':
    case 'point':
    case 'linestring':
    case 'polygon':
    case 'multipoint':
    case 'multilinestring':
    case 'multipolygon':
    case 'geomcollection':
    case 'geometrycollection':
      return snapshotHex
    default:
      return undefined
  }
}
