import { type Comparison, isExact } from '../shop/verify.ts'

/** The demo's last lines. Pure. */
export function verdict(comparisons: readonly Comparison[]): readonly string[] {
  const lines = comparisons.map(({ view, rows, missing, surplus, different }) =>
    missing + surplus + different === 0
      ? `  ${view}: ${rows} rows, all equal to plain SQL over the source`
      : `  ${view}: ${rows} rows expected; ${missing} lost, ${surplus} that should not be there, ${different} with a wrong value`,
  )
  const lost = comparisons.reduce((sum, { missing }) => sum + missing, 0)
  const wrong = comparisons.reduce((sum, { surplus, different }) => sum + surplus + different, 0)
  return [
    ...lines,
    ...comparisons.flatMap(({ view, examples }) => examples.map((example) => `    ${view} ${example}`)),
    isExact(comparisons) ? 'VERDICT exact: 0 lost, 0 doubled' : `VERDICT not exact: ${lost} lost, ${wrong} doubled or wrong`,
  ]
}
