import type { Pending } from '@millrace/state-store'
import { describe, expect, it } from 'vitest'
import { NO_HEADERS } from '../log/records/index.ts'
import { fanOutStream, fanOutTable } from './fan-out.ts'
import type { StreamReceiver, TableReceiver } from './operator.ts'

/** Says when it begins and ends; `waits` lets something else run in between. */
function child(name: string, log: string[], waits: boolean): StreamReceiver<string, string> & TableReceiver<string, string> {
  const run = (): Pending => {
    log.push(`${name} begins`)
    if (!waits) return void log.push(`${name} ends`)
    return Promise.resolve().then(() => void log.push(`${name} ends`))
  }
  return { process: run, change: run }
}

const IN_ORDER = ['a begins', 'a ends', 'b begins', 'b ends', 'c begins', 'c ends']

describe('several children', () => {
  it('receive one after the other, without a promise when none waits', () => {
    const log: string[] = []
    const children = ['a', 'b', 'c'].map((name) => child(name, log, false))
    expect(fanOutStream(children).process('k', 'v', 1, NO_HEADERS)).toBeUndefined()
    expect(log).toEqual(IN_ORDER)
  })

  it.each([['a'], ['b'], ['c'], ['abc']])('wait for each other when %s has to wait', async (waiting) => {
    for (const kind of ['stream', 'table'] as const) {
      const log: string[] = []
      const children = ['a', 'b', 'c'].map((name) => child(name, log, waiting.includes(name)))
      await (kind === 'stream'
        ? fanOutStream(children).process('k', 'v', 1, NO_HEADERS)
        : fanOutTable(children).change('k', 'v', null, 1, NO_HEADERS))
      expect(log).toEqual(IN_ORDER)
    }
  })

  it('are left out after one that failed', async () => {
    const log: string[] = []
    const failing: StreamReceiver<string, string> = { process: () => Promise.reject(new Error('no')) }
    await expect(fanOutStream([failing, child('b', log, false)]).process('k', 'v', 1, NO_HEADERS)).rejects.toThrow('no')
    expect(log).toEqual([])
  })
})

describe('an only child', () => {
  it('is called directly', () => {
    const only = child('a', [], false)
    expect(fanOutStream([only])).toBe(only)
    expect(fanOutTable([only])).toBe(only)
  })
})
