/**
 * A double as MySQL prints it in JSON: the shortest digits that read back as the same, written out when the point falls
 * within 15 digits, otherwise with an exponent; `.0` marks a whole one (MySQL source, strings/dtoa.cc, my_gcvt, and
 * sql-common/json_dom.cc).
 */
export function serverDouble(value: number): string {
  const sign = value < 0 || Object.is(value, -0) ? '-' : ''
  if (value === 0) return `${sign}0.0`
  const [mantissa = '', exponent = '0'] = Math.abs(value).toExponential().split('e')
  const digits = mantissa.replace('.', '')
  /** Digits before the point. */
  const point = Number(exponent) + 1
  if (point < -14 || point > 15) {
    const fraction = digits.length > 1 ? `.${digits.slice(1)}` : ''
    return `${sign}${digits[0]}${fraction}e${point - 1}`
  }
  if (point <= 0) return `${sign}0.${'0'.repeat(-point)}${digits}`
  if (digits.length <= point) return `${sign}${digits}${'0'.repeat(point - digits.length)}.0`
  return `${sign}${digits.slice(0, point)}.${digits.slice(point)}`
}
