import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { double, string, topology, type Topology, TopologyTestDriver } from '../index.ts'

const text = { key: string(), value: string() }

/** Three calls at a time, after a `flatMap`, so that they come in one go. */
function mapped(mapper: (value: string, key: string) => Promise<string>): Topology {
  return topology('mapped', (t) => {
    t.stream('in', text)
      .flatMap((value) => value.split(' ').map((word) => [word.slice(0, 1), word] as const), { value: string() })
      .mapAsync(mapper, { concurrency: 3, value: string() })
      .to('out')
  })
}

function results(driver: TopologyTestDriver): readonly string[] {
  return driver
    .output<string, string>('out')
    .readAll()
    .map(({ value }) => value ?? '')
}

describe('mapAsync', () => {
  it('keeps up to so many calls going, one for each key, and the results of a key in order', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.constantFrom('a', 'b', 'c', 'd'), { minLength: 1, maxLength: 20 }),
        fc.scheduler(),
        async (keys, scheduler) => {
          const running = new Set<string>()
          let most = 0
          const called = mapped(async (value, key) => {
            expect(running).not.toContain(key)
            running.add(key)
            most = Math.max(most, running.size)
            await scheduler.schedule(Promise.resolve(), value)
            running.delete(key)
            return `${value}!`
          })
          await using driver = await TopologyTestDriver.open(called)
          const words = keys.map((key, index) => `${key}${index}`)
          await scheduler.waitFor(driver.input<string, string>('in').pipe('k', words.join(' ')))
          const out = results(driver)
          expect(out.toSorted()).toEqual(words.map((word) => `${word}!`).toSorted())
          for (const key of new Set(keys)) {
            const own = (word: string): boolean => word.startsWith(key)
            expect(out.filter(own)).toEqual(words.filter(own).map((word) => `${word}!`))
          }
          expect(most).toBeLessThanOrEqual(3)
        },
      ),
    )
  })

  it('lets results of other keys overtake', async () => {
    const gate = Promise.withResolvers<void>()
    const overtaking = mapped(async (value) => {
      if (value === 'a1') await gate.promise
      if (value === 'b1') setImmediate(gate.resolve)
      return value
    })
    await using driver = await TopologyTestDriver.open(overtaking)
    await driver.input<string, string>('in').pipe('k', 'a1 b1 a2')
    expect(results(driver)).toEqual(['b1', 'a1', 'a2'])
  })

  it('passes on time, headers and origin of the record that the result belongs to', async () => {
    const seen: unknown[] = []
    const gates = new Map(['a', 'b'].map((key) => [key, Promise.withResolvers<void>()]))
    const told = topology('told', (t) => {
      t.stream('in', text)
        .mapAsync(async (value, key) => {
          await gates.get(key)?.promise
          return value.length
        })
        .peek((_value, key, { timestamp, offset, headers }) => seen.push([key, timestamp, offset, headers.length]))
        .to('out', { value: double() })
    })
    await using driver = await TopologyTestDriver.open(told)
    for (const gate of gates.values()) gate.resolve()
    const input = driver.input<string, string>('in')
    await input.pipe('a', 'x', { timestamp: 7, headers: [['h', null]] })
    await input.pipe('b', 'x', { timestamp: 5 })
    expect(seen).toEqual([
      ['a', 7, 0, 1],
      ['b', 5, 1, 0],
    ])
  })

  it('stops the task at the record whose call failed, or drops it', async () => {
    const failing = mapped(async (value) => {
      if (value === 'b1') throw new Error('no answer')
      return value
    })
    await using strict = await TopologyTestDriver.open(failing)
    await expect(strict.input<string, string>('in').pipe('k', 'a1 b1')).rejects.toMatchObject({
      code: 'USER_FUNCTION_FAILED',
      location: { operator: 'in/flat-map/map-async', offset: 0 },
    })
    await using lenient = await TopologyTestDriver.open(failing, { onProcessingError: 'continue' })
    await lenient.input<string, string>('in').pipe('k', 'a1 b1 b2 a2 b3 a3 c1')
    expect(results(lenient).toSorted()).toEqual(['a1', 'a2', 'a3', 'b2', 'b3', 'c1'])
  })

  it('refuses a concurrency that is none', () => {
    expect(() => topology('none', (t) => void t.stream('in', text).mapAsync(async () => 1, { concurrency: 0 }))).toThrow(
      expect.objectContaining({ code: 'TOPOLOGY_INVALID' }),
    )
  })
})
