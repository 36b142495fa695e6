import type { BinlogColumn, SnapshotColumn } from './column.ts'

export const binlogFloat: BinlogColumn = {
  form: 'number',
  read(bytes) {
    const value = bytes.buffer.readFloatLE(bytes.position)
    bytes.position += 4
    return shortestFloat(value)
  },
  skip: (bytes) => bytes.skip(4),
}

export const binlogDouble: BinlogColumn = {
  form: 'number',
  read(bytes) {
    const value = bytes.buffer.readDoubleLE(bytes.position)
    bytes.position += 8
    return numberText(value)
  },
  skip: (bytes) => bytes.skip(8),
}

// As text a FLOAT has six digits only, and FLOAT(M,D) and DOUBLE(M,D) are rounded: as DOUBLE every bit is there.
export const snapshotFloat: SnapshotColumn = {
  form: 'number',
  select: (name) => `CAST(${name} AS DOUBLE)`,
  text: (value) => shortestFloat(Math.fround(Number(value))),
}

export const snapshotDouble: SnapshotColumn = {
  form: 'number',
  select: (name) => `CAST(${name} AS DOUBLE)`,
  text: (value) => numberText(Number(value)),
}

/** The shortest text whose nearest 32-bit float is this one: `1.1`, not `1.100000023841858`. */
function shortestFloat(value: number): string {
  for (let digits = 6; digits < 9; digits++) {
    const text = value.toPrecision(digits)
    if (Math.fround(Number(text)) === value) return numberText(Number(text))
  }
  return numberText(Number(value.toPrecision(9)))
}

/** JavaScript's own text of a number is the shortest that reads back as the same, but for -0. */
function numberText(value: number): string {
  return Object.is(value, -0) ? '-0' : String(value)
}
