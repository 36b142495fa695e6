import { randomBytes } from 'node:crypto'

/** A name that nothing else on a shared server has, good for topics, groups and databases: `orders` becomes `orders_3f9a1c02`. */
export function uniqueName(prefix: string): string {
  return `${prefix}_${randomBytes(4).toString('hex')}`
}
