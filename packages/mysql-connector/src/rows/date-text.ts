/**
 * Milliseconds since the epoch of MySQL's `YYYY-MM-DD[ hh:mm:ss[.ffffff]]`, read as UTC; digits beyond the millisecond are
 * cut off. NaN for what is no moment in time: zero dates and days that do not exist.
 */
export function parseDateTime(text: string): number {
  const { length } = text
  if (length < 10 || text.charCodeAt(4) !== DASH || text.charCodeAt(7) !== DASH) return Number.NaN
  const year = digits(text, 0, 4)
  const month = digits(text, 5, 7)
  const day = digits(text, 8, 10)
  if (!(month >= 1 && month <= 12 && day >= 1 && day <= daysIn(year, month))) return Number.NaN
  const date = daysBefore(year, month, day) * 86_400_000
  if (length === 10) return date
  if (length < 19 || text.charCodeAt(13) !== COLON || text.charCodeAt(16) !== COLON) return Number.NaN
  const time = (digits(text, 11, 13) * 60 + digits(text, 14, 16)) * 60 + digits(text, 17, 19)
  if (length <= 20) return date + time * 1000
  const end = Math.min(length, 23)
  return date + time * 1000 + digits(text, 20, end) * (end === 23 ? 1 : end === 22 ? 10 : 100)
}

const DASH = 45
const COLON = 58

/** Days from 1970-01-01, in the Gregorian calendar back to the year 0. */
function daysBefore(year: number, month: number, day: number): number {
  // Years begin in March, so that the leap day is a year's last.
  const shifted = month <= 2 ? year - 1 : year
  const era = Math.floor(shifted / 400)
  const yearOfEra = shifted - era * 400
  const dayOfYear = Math.trunc((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + day - 1
  const dayOfEra = yearOfEra * 365 + Math.trunc(yearOfEra / 4) - Math.trunc(yearOfEra / 100) + dayOfYear
  return era * 146_097 + dayOfEra - 719_468
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
