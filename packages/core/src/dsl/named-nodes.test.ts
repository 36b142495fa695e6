import { describe, expect, it } from 'vitest'
import {
  describeText,
  int32,
  keyValueStore,
  planTopology,
  type ProcessorKeyValueStore,
  type ProcessorSupplier,
  string,
  topology,
  TopologyTestDriver,
} from '../index.ts'

const text = { key: string(), value: string() }
const passOn: ProcessorSupplier<string, string, string, string> = (context) => (record) => context.forward(record)

describe('sources, processors and sinks under their own names', () => {
  it('make a topology of themselves, with several parents and children', async () => {
    const counts = keyValueStore('counts', { key: string(), value: int32() })
    const counted = topology('counted', (t) => {
      t.addSource('lines', ['today', 'yesterday'], text)
      t.addSource('late', 'late-lines', text)
      t.addProcessor(
        'count',
        (context) => {
          const store = context.store(counts)
          return ({ value }) => {
            const count = (store.get(value) ?? 0) + 1
            store.put(value, count)
            return context.forward({ key: value, value: count }, count > 1 ? 'often' : 'once')
          }
        },
        ['lines', 'late'],
        { stores: [counts], key: string(), value: int32() },
      )
      t.addSink('once', 'once-used', ['count'])
      t.addSink('often', 'often-used', ['count'])
    })
    await using driver = await TopologyTestDriver.open(counted)
    for (const topic of ['today', 'yesterday', 'late-lines']) await driver.input(topic).pipe('k', 'word')
    expect(
      driver
        .output('once-used')
        .readAll()
        .map(({ value }) => value),
    ).toEqual([1])
    expect(
      driver
        .output('often-used')
        .readAll()
        .map(({ value }) => value),
    ).toEqual([2, 3])
    expect(describeText(planTopology(counted))).toContain('Processor: count (stores: [counts])')
  })

  it('fill global stores, which every processor may read, and only its own topic writes', async () => {
    const regions = keyValueStore('regions', text)
    const regional = topology('regional', (t) => {
      t.addGlobalStore(regions, 'shops', text, (context) => {
        const store = context.store(regions)
        return ({ key, value }) => store.put(key, value === null ? null : value.toUpperCase())
      })
      t.stream('sales', text)
        .processValues((context) => {
          const store = context.store<ProcessorKeyValueStore<string, string>>('regions')
          return ({ value }) => {
            if (value === 'write') store.put('shop', 'x')
            return context.forward({ value: store.get(value) ?? 'unknown' })
          }
        })
        .to('out')
    })
    await using driver = await TopologyTestDriver.open(regional, { partitions: 3 })
    await driver.input('shops').pipe('shop-1', 'north')
    for (const partition of [0, 1, 2]) await driver.input('sales').pipe('k', 'shop-1', { partition })
    await driver.input('shops').pipe('shop-1', null)
    await driver.input('sales').pipe('k', 'shop-1')
    expect(
      driver
        .output('out')
        .readAll()
        .map(({ value }) => value),
    ).toEqual(['NORTH', 'NORTH', 'NORTH', 'unknown'])
    await expect(driver.input('sales').pipe('k', 'write')).rejects.toThrow(/Store "regions" is global/)
  })

  it('give global stores no time', async () => {
    const regions = keyValueStore('regions', text)
    const scheduled = topology('scheduled', (t) => {
      t.addGlobalStore(regions, 'shops', text, (context) => {
        context.schedule({ every: 1, by: 'wall-clock' }, () => undefined)
        return () => undefined
      })
    })
    await expect(TopologyTestDriver.open(scheduled)).rejects.toThrow(/belongs to no task, so it has no time/)
    expect(() =>
      topology('twice', (t) => {
        t.stream('shops', text)
        t.addGlobalStore(regions, 'shops', text, () => () => undefined)
      }),
    ).toThrow(/Topic "shops" is read already/)
  })

  it('mix with streams, which may be parents, and which they return', async () => {
    const mixed = topology('mixed', (t) => {
      const long = t.stream('in', text).filter((value) => value.length > 2)
      t.addProcessor('pass', passOn, [long])
        .mapValues((value) => `${value}!`, { value: string() })
        .to('out')
    })
    await using driver = await TopologyTestDriver.open(mixed)
    await driver.input<string, string>('in').pipeAll([
      ['k', 'a'],
      ['k', 'abc'],
    ])
    expect(
      driver
        .output('out')
        .readAll()
        .map(({ value }) => value),
    ).toEqual(['abc!'])
  })

  it('cannot form a cycle: a parent is there before its children', () => {
    const cyclic = (): unknown =>
      topology('cyclic', (t) => {
        t.addSource('in', 'in', text)
        t.addProcessor('a', passOn, ['in', 'b'])
        t.addProcessor('b', passOn, ['a'])
      })
    expect(cyclic).toThrow(/"a" comes after "b", which is not there, or not yet \(so far there are: in\)/)
    expect(() =>
      topology('self', (t) => {
        t.addSource('in', 'in', text)
        t.addProcessor('a', passOn, ['a'])
      }),
    ).toThrow(/"a" comes after "a", which is itself.*has no cycles/)
  })

  it('are refused when two have one name, or a source reads nothing', () => {
    expect(() =>
      topology('twice', (t) => {
        t.addSource('in', 'a', text)
        t.addSource('in', 'b', text)
      }),
    ).toThrow(expect.objectContaining({ code: 'TOPOLOGY_NAME_CLASH' }))
    expect(() => topology('nothing', (t) => void t.addSource('in', [], text))).toThrow(/reads no topic/)
    expect(() =>
      planTopology(
        topology('both', (t) => {
          t.stream('a', text).to('out')
          t.addSource('in', 'a', text)
        }),
      ),
    ).toThrow(/Topic "a" is read by "a" and by "in"/)
  })

  it('are refused after the topology was built', () => {
    let late: () => unknown = () => undefined
    topology('built', (t) => {
      const stream = t.stream('in', text)
      late = () => stream.process(passOn)
    })
    expect(late).toThrow(/"in\/process" was added after topology "built" was built/)
  })
})
