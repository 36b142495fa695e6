import type { ShopActivity } from '../shop/writer.ts'
import type { AppFigures } from './app-messages.ts'

/** All that is drawn, at one moment. */
export interface Picture {
  readonly log: string
  readonly server: string
  readonly elapsedSeconds: number
  readonly totalSeconds: number | undefined
  readonly phase: string
  readonly state: string
  readonly kills: number
  readonly shop: ShopActivity
  readonly figures: AppFigures
  readonly revenue: readonly (readonly string[])[]
  readonly orders: readonly (readonly string[])[]
}

/** The whole view as lines of text. Pure. */
export function draw(picture: Picture): readonly string[] {
  const { shop, figures } = picture
  const clock = `${Math.floor(picture.elapsedSeconds)} s${picture.totalSeconds === undefined ? '' : ` of ${picture.totalSeconds} s`}`
  return [
    `Millrace demo · ${picture.server} → ${picture.log} → ${picture.server} · ${clock}`,
    '',
    `  shop      ${shop.transactions} transactions: ${shop.inserted} rows inserted, ${shop.updated} updated, ${shop.deleted} deleted, ${shop.rekeyed} keys changed; ${shop.rolledBack} rolled back`,
    `            A shop writes to shop.orders and shop.payments. It knows nothing of Millrace.`,
    `  app       ${picture.state}${picture.kills > 0 ? `, killed ${picture.kills} ${picture.kills === 1 ? 'time' : 'times'} with kill -9` : ''} · ${figures.recordsIn} records in · ${figures.rowsOut} rows out · ${figures.lag} behind`,
    `            examples/revenue reads the binlog, keeps its state in LevelDB and writes both tables below, exactly once.`,
    `  now       ${picture.phase}`,
    '',
    `  shop.revenue_per_minute: payments of each customer in each minute (windowed aggregate of a stream)`,
    ...table(['customer', 'minute', 'payments', 'revenue'], picture.revenue),
    '',
    `  shop.orders_by_status: orders in each state right now (aggregate of a table, exact under updates and deletions)`,
    ...table(['status', 'orders'], picture.orders),
  ]
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): readonly string[] {
  if (rows.length === 0) return ['    (no rows yet)']
  const widths = head.map((title, column) => Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0)))
  const line = (cells: readonly string[]) =>
    `    ${cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('   ')}`.trimEnd()
  return [line(head), ...rows.map(line)]
}

/** Draws in place on a terminal; elsewhere prints a picture now and then, so that a log file stays readable. */
export class Screen {
  readonly #out: NodeJS.WriteStream
  #lines = 0
  #lastPrinted = -Infinity

  constructor(out: NodeJS.WriteStream) {
    this.#out = out
  }

  show(picture: Picture, last: boolean): void {
    const lines = draw(picture)
    if (this.#out.isTTY) {
      const width = this.#out.columns
      const up = this.#lines > 0 ? `\x1b[${this.#lines}A\x1b[0J` : ''
      this.#out.write(`${up}${lines.map((line) => line.slice(0, width)).join('\n')}\n`)
      this.#lines = lines.length
    } else if (last || picture.elapsedSeconds - this.#lastPrinted >= 5) {
      this.#lastPrinted = picture.elapsedSeconds
      this.#out.write(`${lines.join('\n')}\n\n`)
    }
  }
}
