import { describe, expect, it } from 'vitest'
import { parseDuration } from './duration.ts'

describe('parseDuration', () => {
  it('takes milliseconds, and numbers with a unit', () => {
    expect(parseDuration(1_500, 'x')).toBe(1_500)
    expect(['250ms', '10s', '1m', '2h', '1d', '1.5s', '0.3s', '0s'].map((text) => parseDuration(text as '1s', 'x'))).toEqual([
      250, 10_000, 60_000, 7_200_000, 86_400_000, 1_500, 300, 0,
    ])
  })

  it.each([
    [-1, /tumbling: size: -1 is negative/],
    ['-10s', /is negative/],
    ['1 minute', /"1 minute" is no duration/],
    ['1w', /is no duration/],
    ['', /is no duration/],
    [Number.NaN, /is no duration/],
    [Infinity, /is no duration/],
    [0.5, /no whole number of milliseconds/],
    ['0.1ms', /no whole number of milliseconds/],
  ])('refuses %s and says what is allowed', (duration, message) => {
    expect(() => parseDuration(duration as '1s', 'tumbling: size')).toThrow(message)
    expect(() => parseDuration(duration as '1s', 'x')).toThrow(/'500ms', '10s', '1m', '2h', '1d'/)
    expect(() => parseDuration(duration as '1s', 'x')).toThrow(expect.objectContaining({ code: 'TOPOLOGY_INVALID' }))
  })
})
