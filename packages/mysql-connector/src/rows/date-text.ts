/**
 * Milliseconds since the epoch of MySQL's `YYYY-MM-DD[ hh:mm:ss[.ffffff]]`, read as UTC; digits beyond the millisecond are
 * cut off. NaN for what is no moment in time: zero dates and days that do not exist.
 */
export function parseDateTime(text: string): number {
  if (text.length < 10 || text.charCodeAt(4) !== 45 || text.charCodeAt(7) !== 45) return Number.NaN
  const year = digits(text, 0, 4)
  const month = digits(text, 5, 7)
  const day = digits(text, 8, 10)
  if (month === 0 || day === 0 || month > 12 || day > daysIn(year, month)) return Number.NaN
  let time = Date.UTC(year, month - 1, day)
  // Date.UTC takes 0 to 99 for 1900 to 1999.
  if (year < 100) time = new Date(time).setUTCFullYear(year)
  if (text.length === 10) return time
  if (text.length < 19 || text.charCodeAt(13) !== 58 || text.charCodeAt(16) !== 58) return Number.NaN
  time += digits(text, 11, 13) * 3_600_000 + digits(text, 14, 16) * 60_000 + digits(text, 17, 19) * 1000
  if (text.length > 20) time += digits(`${text.slice(20, 23)}00`, 0, 3)
  return time
}

/** `YYYY-MM-DD hh:mm:ss.mmm`, UTC. */
export function formatDateTime(time: number): string {
  const iso = new Date(time).toISOString()
  return `${iso.slice(0, 10)} ${iso.slice(11, 23)}`
}

function digits(text: string, start: number, end: number): number {
  let value = 0
  for (let i = start; i < end; i++) {
    const digit = text.charCodeAt(i) - 48
    if (!(digit >= 0 && digit <= 9)) return Number.NaN
    value = value * 10 + digit
  }
  return value
}

function daysIn(year: number, month: number): number {
  if (month === 2) return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31
}
