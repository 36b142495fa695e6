import type { TopicSource } from '@millrace/core'
import { z } from 'zod'
import { mysqlTable } from './mysql-table.ts'
import type { Row } from './types/row.ts'

// Compiled by `tsc -b`: what must be an error is marked, and it is an error when it is none.

const Payment = z.object({
  id: z.bigint(),
  customerId: z.int(),
  amount: z.string(),
  paidAt: z.date(),
  seenAt: z.date().nullable(),
})

mysqlTable('shop.payments', { schema: Payment, key: 'id', time: 'paidAt' }) satisfies TopicSource<
  bigint,
  z.output<typeof Payment>
>
mysqlTable('shop.payments', { schema: Payment, key: ['id', 'customerId'] }).key satisfies {
  decode(bytes: Buffer, start: number, end: number): { readonly id: bigint; readonly customerId: number }
}
mysqlTable('shop.payments', { schema: Payment }).key satisfies { decode(bytes: Buffer, start: number, end: number): string }
mysqlTable('shop.payments') satisfies TopicSource<string, Row>
mysqlTable('shop.payments', { key: ['a', 'b'] }) satisfies TopicSource<{ readonly a: string; readonly b: string }, Row>

// @ts-expect-error a key that the schema does not have
mysqlTable('shop.payments', { schema: Payment, key: 'ids' })
// @ts-expect-error a time that may be missing
mysqlTable('shop.payments', { schema: Payment, time: 'seenAt' })
// @ts-expect-error a time that is no date
mysqlTable('shop.payments', { schema: Payment, time: 'amount' })
