import { describe, expect, it } from 'vitest'
import { checkVersions } from './api-check.ts'
import type { ApiVersions } from './dialer.ts'

function broker(minVersion: number, maxVersion: number): ApiVersions {
  return Object.fromEntries(Array.from({ length: 60 }, (_, key) => [key, { minVersion, maxVersion }]))
}

describe('the check of what a broker speaks', () => {
  it('passes a broker with every version', () => {
    expect(() => checkVersions(broker(0, 20), 'b:1')).not.toThrow()
  })

  it('says BROKER_TOO_OLD with the requests that are missing', () => {
    const old = { ...broker(0, 20), 9: { minVersion: 0, maxVersion: 6 }, 28: undefined }
    expect(() => checkVersions(old, 'b:1')).toThrow(
      expect.objectContaining({
        code: 'BROKER_TOO_OLD',
        message: 'Broker b:1 does not speak OffsetFetch v7, TxnOffsetCommit v3. Kafka 2.5 or newer is needed.',
      }),
    )
  })

  it('says what a newer broker has dropped', () => {
    const newer = { ...broker(0, 20), 0: { minVersion: 9, maxVersion: 20 } }
    expect(() => checkVersions(newer, 'b:1')).toThrow('no longer speaks Produce v7')
  })
})
