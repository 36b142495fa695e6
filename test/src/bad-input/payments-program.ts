import { type AppOptions, run } from '@millrace/core'
import { payments, type PaymentsOptions } from './payments.ts'

// A user's program: what it computes (PAYMENTS) and its options (OPTIONS) come as JSON; runs until SIGTERM.

const { PAYMENTS = '', OPTIONS = '' } = process.env
await run(payments(JSON.parse(PAYMENTS) as PaymentsOptions), JSON.parse(OPTIONS) as AppOptions)
console.log('stopped')
