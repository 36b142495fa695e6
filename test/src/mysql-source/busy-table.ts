import type { Connection } from 'mysql2/promise'
import { expect } from 'vitest'
import type { RecordedChange, RecordingSource } from './recording-source.ts'
import type { TestDatabase } from './server.ts'

/** A table whose key has a given shape; `version` is another number at each write. */
export interface KeyShape {
  readonly name: string
  /** Definition of the key columns and the primary key. */
  readonly columns: string
  readonly names: readonly string[]
  /** Key number `n` as SQL values. */
  readonly values: (n: number) => readonly string[]
}

export const keyShapes: readonly KeyShape[] = [
  { name: 'a number', columns: 'id BIGINT PRIMARY KEY', names: ['id'], values: (n) => [String(n % 2 === 0 ? n : -n)] },
  {
    name: 'text that ignores case',
    columns: 'id VARCHAR(50) PRIMARY KEY',
    names: ['id'],
    values: (n) => [`'${n % 2 === 0 ? 'É' : 'e'}${n.toString(36)}'`],
  },
  {
    name: 'several columns, in another order than the table’s',
    columns: 'region VARCHAR(10) CHARACTER SET latin1, n DECIMAL(12,2), at DATETIME(3), PRIMARY KEY (at, region, n)',
    names: ['region', 'n', 'at'],
    values: (n) => [`'${['ä', 'Z', 'a'][n % 3]}'`, `${n % 7}.${n % 10}`, `'2026-01-01 00:00:00.000' + INTERVAL ${n} SECOND`],
  },
]

/** Deterministic numbers below `bound`. */
export type Random = (bound: number) => number

export function randomNumbers(seed: number): Random {
  let state = seed >>> 0
  return (bound) => {
    // mulberry32
    state = (state + 0x6d2b79f5) >>> 0
    let t = state
    t = Math.imul(t ^ (t >>> 15), t | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) % bound
  }
}

let version = 0

/** A table that writers change all the time. */
export class BusyTable {
  readonly name: string
  readonly #database: TestDatabase
  readonly #shape: KeyShape
  readonly #keys: number

  readonly #filler: number

  /** @param filler upper bound of the bytes of a row: a snapshot's chunks hold some MiB */
  constructor(database: TestDatabase, shape: KeyShape, keys: number, table = 'busy', filler = 150) {
    this.#database = database
    this.#shape = shape
    this.#keys = keys
    this.name = table
    this.#filler = filler
  }

  async create(): Promise<void> {
    await this.#database.sql(`CREATE TABLE ${this.name} (${this.#shape.columns}, version BIGINT, filler TEXT)`)
    for (let from = 0; from < this.#keys; from += 1000) {
      const rows = Array.from({ length: Math.min(1000, this.#keys - from) }, (_, i) => this.#row(from + i))
      await this.#database.sql(`INSERT INTO ${this.name} VALUES ${rows.join(',')}`)
    }
  }

  /** Writes until the signal: single statements, transactions of several, some of them rolled back. */
  async write(random: Random, signal: AbortSignal, pauseMs = 0): Promise<void> {
    const connection = await this.#database.connect()
    while (!signal.aborted) {
      await this.#transaction(connection, random).catch((error: unknown) => {
        // Writers get in each other's way; the server takes the transaction back.
        if (!/Deadlock|Duplicate|Lock wait/.test(String(error))) throw error
      })
      if (pauseMs > 0) await new Promise((resolve) => setTimeout(resolve, pauseMs))
    }
    connection.destroy()
  }

  /** Changes every row in one transaction. */
  async writeAll(): Promise<void> {
    await this.#database.sql(`SET @version = ${version}; UPDATE ${this.name} SET version = (@version := @version + 1)`)
    version += 10 * this.#keys
  }

  async #transaction(connection: Connection, random: Random): Promise<void> {
    const statements = random(3) === 0 ? 1 + random(6) : 1
    await connection.query('BEGIN')
    try {
      for (let i = 0; i < statements; i++) {
        if (random(12) === 0) {
          await connection.query('SAVEPOINT s')
          await connection.query(this.#statement(random))
          await connection.query('ROLLBACK TO s')
        }
        await connection.query(this.#statement(random))
      }
      await connection.query(random(10) === 0 ? 'ROLLBACK' : 'COMMIT')
    } catch (error) {
      await connection.query('ROLLBACK')
      throw error
    }
  }

  #statement(random: Random): string {
    const n = random(this.#keys * 2)
    switch (random(6)) {
      case 0:
        return `DELETE FROM ${this.name} WHERE ${this.#where(n)}`
      case 1:
        return `UPDATE IGNORE ${this.name} SET ${this.#assign(random(this.#keys * 2))}, version = ${++version} WHERE ${this.#where(n)}`
      case 2:
      case 3:
        return `INSERT IGNORE INTO ${this.name} VALUES ${this.#row(n)}`
      default:
        return `UPDATE ${this.name} SET version = ${++version} WHERE ${this.#where(n)}`
    }
  }

  #row(n: number): string {
    return `(${this.#shape.values(n).join(', ')}, ${++version}, REPEAT('x', ${(n * 37) % this.#filler}))`
  }

  #where(n: number): string {
    const values = this.#shape.values(n)
    return this.#shape.names.map((name, i) => `${name} = ${values[i]}`).join(' AND ')
  }

  #assign(n: number): string {
    const values = this.#shape.values(n)
    return this.#shape.names.map((name, i) => `${name} = ${values[i]}`).join(', ')
  }

  /** What went out is the table, and every version of a row went out once at most, in order. */
  async verify(source: RecordingSource, topic?: string): Promise<void> {
    const rows = await this.#database.rows(`SELECT * FROM ${this.name}`)
    const wanted = new Map(rows.map((row) => [this.#keyOf(row), { ...row }]))
    const got = source.table(topic)
    const wrong = [...wanted].filter(([key, row]) => JSON.stringify(got.get(key)) !== JSON.stringify(row))
    const extra = [...got].filter(([key]) => !wanted.has(key))
    expect({ wrong: wrong.slice(0, 5), extra: extra.slice(0, 5) }).toEqual({ wrong: [], extra: [] })
    verifyVersions(source.committed.filter((change) => topic === undefined || change.topic === topic))
  }

  #keyOf(row: Readonly<Record<string, unknown>>): string {
    // In the order of the index.
    const names = /PRIMARY KEY \(([^)]*)\)/.exec(this.#shape.columns)?.[1]?.split(', ') ?? this.#shape.names
    const texts = names.map((name) => String(row[name]))
    return texts.length === 1 ? (texts[0] as string) : JSON.stringify(texts)
  }
}

/** Versions are given out in the order of writing, so a key's can only grow; a version is one row's. */
export function verifyVersions(changes: readonly RecordedChange[]): void {
  const seen = new Set<unknown>()
  const last = new Map<string, number>()
  for (const { key, value, op } of changes) {
    if (value === null) continue
    const current = Number(value['version'])
    expect(seen.has(current), `version ${current} of ${key} twice (${op})`).toBe(false)
    seen.add(current)
    expect(last.get(key) ?? 0, `versions of ${key}`).toBeLessThan(current)
    last.set(key, current)
  }
}
