import { describe, expect, it } from 'vitest'
import { BrokerError, ConnectionError, ERROR } from './errors.ts'
import { withRetries } from './retry.ts'

const nothing = (): void => {}
const logger = { debug: nothing, info: nothing, warn: nothing, error: nothing }
const options = { what: 'testing', timeoutMs: 5000, logger, pauseMs: [1, 2] } as const

describe('retrying', () => {
  it('goes on after errors that may pass, doing what they ask for', async () => {
    const errors = [
      new BrokerError(51, 'a'),
      new BrokerError(6, 'b'),
      new BrokerError(16, 'c'),
      new ConnectionError('d:1', 'gone'),
    ]
    const recoveries: string[] = []
    const attempt = async (): Promise<string> => {
      const error = errors.shift()
      if (error !== undefined) throw error
      return 'done'
    }
    const recover = (recovery: string): void => void recoveries.push(recovery)
    expect(await withRetries(attempt, { ...options, recover })).toBe('done')
    expect(recoveries).toEqual(['metadata', 'coordinator', 'metadata'])
  })

  it('ends at once with errors that will not pass', async () => {
    for (const error of [new BrokerError(ERROR.producerFenced, 'a'), new Error('bug')]) {
      let attempts = 0
      const attempt = async (): Promise<void> => {
        attempts++
        throw error
      }
      await expect(withRetries(attempt, options)).rejects.toBe(error)
      expect(attempts).toBe(1)
    }
  })

  it('gives up in time, with the last error and its code', async () => {
    const attempt = async (): Promise<void> => {
      throw new ConnectionError('b:1', 'gone')
    }
    await expect(withRetries(attempt, { ...options, timeoutMs: 20 })).rejects.toMatchObject({
      code: 'BROKER_UNREACHABLE',
      message: expect.stringMatching(/^Gave up testing after .* Broker b:1: gone\.$/),
    })
  })
})
