import { describe, expect, it } from 'vitest'
import {
  type Cancellable,
  int32,
  keyValueStore,
  type ProcessorTimestampedStore,
  string,
  timestampedStore,
  topology,
  type Topology,
  TopologyTestDriver,
  windowStore,
} from '../index.ts'

const text = { key: string(), value: string() }
const seen = keyValueStore('seen', text)

async function open(built: Topology, onProcessingError: 'stop' | 'continue' = 'stop'): Promise<TopologyTestDriver> {
  return TopologyTestDriver.open(built, { onProcessingError })
}

function values(driver: TopologyTestDriver, topic: string): readonly unknown[] {
  return driver
    .output<string, string>(topic)
    .readAll()
    .map(({ value }) => value)
}

describe('process', () => {
  it('forwards to all that follows, or to the operator that it names', async () => {
    const routed = topology('routed', (t) => {
      const split = t.stream('in', text).process((context) => (record) => {
        void context.forward(record)
        void context.forward({ ...record, value: `only ${record.value}` }, 'second')
      })
      split.to('one', { name: 'first' })
      split.to('two', { name: 'second' })
    })
    await using driver = await open(routed)
    await driver.input('in').pipe('k', 'v')
    expect(values(driver, 'one')).toEqual(['v'])
    expect(values(driver, 'two')).toEqual(['v', 'only v'])
  })

  it('says which operators follow when it forwards to one that does not', async () => {
    const lost = topology('lost', (t) => {
      t.stream('in', text)
        .process((context) => (record) => context.forward(record, 'nowhere'))
        .to('out')
    })
    await using driver = await open(lost)
    await expect(driver.input('in').pipe('k', 'v')).rejects.toMatchObject({
      code: 'TOPOLOGY_INVALID',
      message: expect.stringContaining('(there are: in/process/to)'),
    })
  })

  it('keeps depth-first order below it, also when a descendant waits and the processor does not', async () => {
    const log: string[] = []
    const waiting = topology('waiting', (t) => {
      t.stream('in', text)
        .process((context) => (record) => {
          for (const value of ['a', 'b']) void context.forward({ ...record, value })
          log.push('forwarded both')
        })
        .process(() => async ({ value }) => {
          log.push(`${value} begins`)
          await Promise.resolve()
          log.push(`${value} ends`)
        })
    })
    await using driver = await open(waiting)
    await driver.input('in').pipe('k', 'v')
    expect(log).toEqual(['a begins', 'forwarded both', 'a ends', 'b begins', 'b ends'])
  })

  it('adds headers for all who get the same record later, and for nobody who gets another', async () => {
    const tagged = topology('tagged', (t) => {
      const stream = t.stream('in', text)
      stream
        .process((context) => (record) => {
          record.headers.push(['tag', null])
          return context.forward(record)
        })
        .to('tagged')
      stream.to('same')
      stream.mapValues((value) => value, { value: string() }).to('mapped')
      stream.process((context) => (record) => context.forward({ ...record, headers: [] })).to('bare')
    })
    await using driver = await open(tagged)
    await driver.input('in').pipe('k', 'v')
    const names = (topic: string): readonly string[] =>
      driver
        .output(topic)
        .read()
        .headers.map(([name]) => name)
    expect(['tagged', 'same', 'mapped', 'bare'].map(names)).toEqual([['tag'], ['tag'], ['tag'], []])
    const before = topology('before', (t) => {
      const stream = t.stream('in', text)
      const mapped = stream.mapValues((value) => value, { value: string() })
      mapped.process(
        () =>
          ({ headers }) =>
            void headers.push(['tag', null]),
      )
      stream.to('untouched')
    })
    await using other = await open(before)
    await other.input('in').pipe('k', 'v')
    expect(other.output('untouched').read().headers).toEqual([])
  })

  it('knows where a record was read, and nothing of that in a punctuation', async () => {
    const known: unknown[] = []
    const located = topology('located', (t) => {
      t.stream('in', text).process((context) => {
        context.schedule({ every: 10, by: 'wall-clock' }, () => void known.push(context.recordMetadata))
        return () => void known.push(context.recordMetadata)
      })
    })
    await using driver = await open(located)
    await driver.input('in').pipe('k', 'v')
    await driver.advanceWallClock(10)
    expect(known).toEqual([{ topic: 'in', partition: 0, offset: 0 }, undefined])
  })

  it('closes with its task', async () => {
    let closed = 0
    const closing = topology('closing', (t) => {
      t.stream('in', text).process(() => ({ process: () => undefined, close: () => void closed++ }))
    })
    await (await open(closing)).close()
    expect(closed).toBe(1)
  })

  it('is blamed for what it throws, also after its descendants have run', async () => {
    const failing = topology('failing', (t) => {
      t.stream('in', text)
        .process((context) => (record) => {
          void context.forward(record)
          throw new Error('too late')
        })
        .filter(() => true)
        .to('out')
    })
    await using driver = await open(failing)
    await expect(driver.input('in').pipe('k', 'v')).rejects.toMatchObject({
      code: 'USER_FUNCTION_FAILED',
      location: { operator: 'in/process', offset: 0 },
    })
  })

  it('refuses to forward when no record is being processed', async () => {
    let forward: () => unknown = () => undefined
    const stray = topology('stray', (t) => {
      t.stream('in', text).process((context) => (record) => {
        forward = () => context.forward(record)
      })
    })
    await using driver = await open(stray)
    await driver.input('in').pipe('k', 'v')
    expect(forward).toThrow(/no record was being processed/)
  })
})

describe('processValues', () => {
  it('keeps the key, so that nothing is repartitioned', async () => {
    const counted = topology('counted', (t) => {
      t.stream('in', text)
        .processValues(
          (context) =>
            ({ value }) =>
              context.forward({ value: value.length }),
          { value: int32() },
        )
        .groupByKey()
        .count({ as: 'counts', caching: false })
        .to('out')
    })
    await using driver = await open(counted)
    await driver.input('in').pipe('k', 'abc')
    expect(driver.output('out').read()).toMatchObject({ key: 'k', value: 1 })
  })

  it('has no key to forward with in a punctuation', async () => {
    const keyless = topology('keyless', (t) => {
      t.stream('in', text).processValues((context) => {
        context.schedule({ every: 1, by: 'wall-clock' }, () => context.forward({ value: 'x' }))
        return () => undefined
      })
    })
    await using driver = await open(keyless)
    await expect(driver.advanceWallClock(1)).rejects.toThrow(/processValues has no key to forward with in a punctuation/)
  })
})

describe('punctuators', () => {
  it('are called once for all that they missed, then at the next multiple, until they are cancelled', async () => {
    const times: number[] = []
    let schedule: Cancellable | undefined
    const ticking = topology('ticking', (t) => {
      t.stream('in', text).process((context) => {
        schedule = context.schedule({ every: 10, by: 'stream-time' }, (time) => void times.push(time))
        return () => undefined
      })
    })
    await using driver = await open(ticking)
    const input = driver.input<string, string>('in')
    for (const timestamp of [3, 9, 35, 34, 39, 40]) await input.pipe('k', 'v', { timestamp })
    expect(times).toEqual([3, 35, 40])
    schedule?.cancel()
    await input.pipe('k', 'v', { timestamp: 99 })
    expect(times).toEqual([3, 35, 40])
  })

  it('may wait, and are done before the next record', async () => {
    const flushing = topology('flushing', (t) => {
      t.stream('in', text)
        .process(
          (context) => {
            const store = context.store(seen)
            context.schedule({ every: 10, by: 'stream-time' }, async (timestamp) => {
              for await (const [key, value] of store.range()) await context.forward({ key, value: `${value}@${timestamp}` })
            })
            return ({ key, value }) => store.put(key, value)
          },
          { stores: [seen] },
        )
        .to('out')
    })
    await using driver = await open(flushing)
    await driver.input<string, string>('in').pipeAll([
      ['b', 'x', { timestamp: 1 }],
      ['a', 'y', { timestamp: 10 }],
    ])
    expect(values(driver, 'out')).toEqual(['x@1', 'y@10', 'x@10'])
  })

  it('cost nothing but what they threw, when processing is to go on', async () => {
    let calls = 0
    const failing = topology('failing', (t) => {
      t.stream('in', text).process((context) => {
        context.schedule({ every: 10, by: 'wall-clock' }, async () => {
          calls++
          await Promise.reject(new Error('no'))
        })
        return () => undefined
      })
    })
    await using driver = await open(failing, 'continue')
    await driver.advanceWallClock(10)
    await driver.advanceWallClock(10)
    expect(calls).toBe(2)
    await using strict = await open(failing)
    await expect(strict.advanceWallClock(10)).rejects.toMatchObject({
      code: 'USER_FUNCTION_FAILED',
      location: { operator: 'in/process' },
    })
  })
})

describe('stores of processors', () => {
  it('are shared by all who were given the same builder, in one sub-topology', async () => {
    const shared = topology('shared', (t) => {
      t.stream('a', text).process(
        (context) =>
          ({ key, value }) =>
            context.store(seen).put(key, value),
        { stores: [seen] },
      )
      t.stream('b', text)
        .processValues((context) => (record) => context.forward({ value: context.store(seen).get(record.key) ?? 'nothing' }), {
          stores: [seen],
        })
        .to('out')
    })
    await using driver = await open(shared)
    await driver.input('b').pipe('k', '?')
    await driver.input('a').pipe('k', 'v')
    await driver.input('b').pipe('k', '?')
    expect(values(driver, 'out')).toEqual(['nothing', 'v'])
    expect(driver.keyValueStore('seen').get('k')).toBe('v')
  })

  it('are scanned by what keys begin with, written entries of the same record included', async () => {
    const scanned = topology('scanned', (t) => {
      t.stream('in', text)
        .processValues(
          (context) => async (record) => {
            const store = context.store(seen)
            store.put(record.key, record.value)
            const found: string[] = []
            for await (const [key] of store.prefixScan('a', 'reverse')) found.push(key)
            await context.forward({ value: found.join(' ') })
          },
          { stores: [seen] },
        )
        .to('out')
    })
    await using driver = await open(scanned)
    const keys = ['b', 'a', 'ab', 'é', 'a\uffff', 'B']
    await driver.input<string, string>('in').pipeAll(keys.map((key) => [key, 'x'] as const))
    expect(values(driver, 'out').at(-1)).toBe('a\uffff ab a')
  })

  it('may belong to an operator of the DSL, and are then asked for by name', async () => {
    const asked = topology('asked', (t) => {
      const stream = t.stream('in', text)
      stream.groupByKey().count({ as: 'counts' })
      stream
        .processValues(
          (context) => {
            const counts = context.store<ProcessorTimestampedStore<string, number>>('counts')
            return ({ key }) => context.forward({ value: counts.get(key)?.value ?? -1 })
          },
          { stores: ['counts'], value: int32() },
        )
        .to('out')
    })
    await using driver = await open(asked)
    await driver.input<string, string>('in').pipeAll([
      ['k', 'a'],
      ['k', 'b'],
    ])
    expect(values(driver, 'out')).toEqual([1, 2])
  })

  it('keep timestamps, or windows, if they are such stores', async () => {
    const latest = timestampedStore('latest', text)
    const recent = windowStore('recent', { ...text, size: 10, retention: 20 })
    const kept = topology('kept', (t) => {
      t.stream('in', text)
        .processValues(
          (context) => async (record) => {
            const before = context.store(latest).get(record.key)?.timestamp ?? -1
            context.store(latest).put(record.key, record.value)
            const windows = context.store(recent)
            windows.put(record.key, record.value, record.timestamp)
            const found: string[] = []
            for await (const [start, value] of windows.fetch(record.key, 0, 100, 'reverse')) found.push(`${value}${start}`)
            await context.forward({ value: `${before}: ${found.join(' ')}` })
          },
          { stores: [latest, recent] },
        )
        .to('out')
    })
    await using driver = await open(kept)
    await driver.input<string, string>('in').pipeAll([
      ['k', 'a', { timestamp: 5 }],
      ['k', 'b', { timestamp: 15 }],
      ['k', 'c', { timestamp: 25 }],
    ])
    expect(values(driver, 'out')).toEqual(['-1: a5', '5: b15 a5', '15: c25 b15'])
  })

  it('are refused to whom they were not given', async () => {
    const curious = topology('curious', (t) => {
      t.stream('in', text).process((context) => {
        context.store('seen')
        return () => undefined
      })
    })
    await expect(open(curious)).rejects.toMatchObject({
      code: 'STORE_NOT_CONNECTED',
      message: expect.stringContaining('"in/process" asks for store "seen", which it was not given'),
    })
  })

  it('are refused when there is none of that name, or two', async () => {
    const missing = topology('missing', (t) => {
      t.stream('in', text).process(() => () => undefined, { stores: ['nope'] })
    })
    await expect(open(missing)).rejects.toMatchObject({
      code: 'TOPOLOGY_INVALID',
      message: expect.stringContaining('wants store "nope", which is not there (so far there are: none)'),
    })
    expect(() =>
      topology('two', (t) => {
        t.addStateStore(keyValueStore('seen', text))
        t.addStateStore(keyValueStore('seen', text))
      }),
    ).toThrow(expect.objectContaining({ code: 'TOPOLOGY_NAME_CLASH' }))
    const both = topology('both', (t) => {
      t.addStateStore(seen)
      t.table('in', { ...text, as: 'seen' })
    })
    await expect(open(both)).rejects.toMatchObject({ code: 'TOPOLOGY_NAME_CLASH' })
  })
})

describe('transformValues of a table', () => {
  it('computes values with state, deletions included', async () => {
    const changes = keyValueStore('changes', { key: string(), value: int32() })
    const numbered = topology('numbered', (t) => {
      t.table('in', text)
        .transformValues(
          (context) => {
            const store = context.store(changes)
            return (value, key) => {
              const count = (store.get(key) ?? 0) + 1
              store.put(key, count)
              return value === null ? null : `${value}${count}`
            }
          },
          { stores: [changes], value: string(), as: 'numbered', caching: false },
        )
        .to('out')
    })
    await using driver = await open(numbered)
    const input = driver.input<string, string>('in')
    for (const value of ['a', null, 'b']) await input.pipe('k', value)
    expect(values(driver, 'out')).toEqual(['a1', null, 'b3'])
    expect(driver.timestampedStore('numbered').get('k')?.value).toBe('b3')
  })
})
