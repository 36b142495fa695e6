import { printCounts } from './print-counts.ts'
import { runStaticChecks } from './static-checks.ts'

printCounts(runStaticChecks())
