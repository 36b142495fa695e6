import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Connection, createConnection, type RowDataPacket } from 'mysql2/promise'
import { expect, inject } from 'vitest'
import { type ChildProgram, startChildProgram } from '../support/child-process.ts'
import { type FreshDatabase, freshDatabase } from '../support/fresh-database.ts'
import { waitUntil } from '../support/wait-until.ts'
import type { PaymentsOptions } from './payments.ts'

const PROGRAM = new URL('payments-program.ts', import.meta.url)

export interface ShopOptions {
  /** Server of the tables. Default: the shared MySQL. */
  readonly mysql?: string
  /** Columns and keys of the table. */
  readonly table?: string
}

/** What a run differs in from the one that works. */
export interface Run {
  readonly options?: Readonly<Record<string, unknown>>
  readonly program?: Partial<PaymentsOptions>
}

/** How a program ended that was expected to end by itself. */
export interface Refusal {
  readonly exitCode: number | string
  /** The line `failed` of the app's log. */
  readonly failure: { readonly code?: string; readonly error?: string; readonly [field: string]: unknown }
  readonly output: string
}

/** A table of payments, the program that totals them, and a state folder that all its runs share. */
export class PaymentShop implements AsyncDisposable {
  readonly database: FreshDatabase
  readonly stateDir: string
  readonly #server: string
  readonly #folder: string
  readonly #connection: Connection
  readonly #running = new Set<ChildProgram>()

  private constructor(database: FreshDatabase, server: string, folder: string, connection: Connection) {
    this.database = database
    this.#server = server
    this.#folder = folder
    this.stateDir = join(folder, 'state')
    this.#connection = connection
  }

  static async open({ mysql = inject('mysqlUrl'), table = 'id BIGINT PRIMARY KEY' }: ShopOptions = {}): Promise<PaymentShop> {
    const database = await freshDatabase(mysql, 'payments')
    const connection = await createConnection({ uri: database.url, supportBigNumbers: true, bigNumberStrings: true })
    await connection.query(
      `CREATE TABLE payments (${table}, customer VARCHAR(20) NOT NULL, cents BIGINT NOT NULL, status VARCHAR(20) NOT NULL)`,
    )
    return new PaymentShop(database, mysql, await mkdtemp(join(tmpdir(), 'millrace-')), connection)
  }

  /** Payments numbered `from` to `to`, of three customers. */
  async pay(from: number, to: number, status = 'paid'): Promise<void> {
    const rows = Array.from({ length: to - from + 1 }, (_, i) => [from + i, `customer ${i % 3}`, from + i, status])
    await this.#connection.query('INSERT INTO payments VALUES ?', [rows])
  }

  async sql(statement: string): Promise<void> {
    await this.#connection.query(statement)
  }

  async rows(query: string): Promise<readonly Readonly<Record<string, unknown>>[]> {
    const [rows] = await this.#connection.query<RowDataPacket[]>(query)
    return rows
  }

  start({ options, program }: Run = {}): ChildProgram {
    const child = startChildProgram(PROGRAM, {
      env: {
        PAYMENTS: JSON.stringify({ database: this.database.name, statuses: ['new', 'paid'], onInvalid: 'stop', ...program }),
        OPTIONS: JSON.stringify({
          ...(options?.['kafka'] === undefined ? { log: 'embedded' } : {}),
          appId: this.database.name,
          mysql: this.#server,
          stateDir: this.stateDir,
          ...options,
        }),
      },
    })
    this.#running.add(child)
    return child
  }

  /** Runs the program until it ends by itself. */
  async refusal(run: Run): Promise<Refusal> {
    const program = this.start(run)
    const exitCode = await program.ended
    const failed = program.output.find((line) => line.includes('"event":"failed"'))
    return {
      exitCode,
      failure: failed === undefined ? {} : (JSON.parse(failed) as Refusal['failure']),
      output: program.output.join('\n'),
    }
  }

  /** Runs the program until the view is what plain SQL says of the payments, then stops it. */
  async catchUp(run: Run = {}, where = 'TRUE'): Promise<void> {
    const program = this.start(run)
    await this.shows(where)
    expect(await program.stop()).toBe(0)
  }

  /** Resolves when the view shows exactly the payments of `where`. */
  async shows(where = 'TRUE'): Promise<void> {
    const expected = await this.rows(
      `SELECT customer, COUNT(*) AS payments, CAST(SUM(cents) AS SIGNED) AS cents FROM payments WHERE ${where} GROUP BY customer ORDER BY customer`,
    )
    const equal = async (): Promise<boolean> => {
      expect(numbers(await this.rows('SELECT customer, payments, cents FROM totals ORDER BY customer'))).toEqual(
        numbers(expected),
      )
      return true
    }
    await waitUntil(equal, { what: `the view shows the payments where ${where}` })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const program of this.#running) await program.kill()
    await this.#connection.end()
    await this.database.drop()
    await rm(this.#folder, { recursive: true, force: true })
  }
}

function numbers(rows: readonly Readonly<Record<string, unknown>>[]): unknown[] {
  return rows.map(({ customer, payments, cents }) => [customer, Number(payments), Number(cents)])
}
