import { describe, expect, it } from 'vitest'
import { session, topology, tumbling, untilTimeLimit, untilWindowCloses } from '../dsl/index.ts'
import { json, string } from '../serde/index.ts'
import { TopologyTestDriver } from '../testing/index.ts'

const text = { key: string(), value: string() }

describe('idleAfter', () => {
  it('lets the last windows go when nothing comes any more, behind a repartition topic too', async () => {
    const of = topology('idle', (t) => {
      t.stream('in', { ...text, idleAfter: '30s' })
        .groupBy((value) => value)
        .windowedBy(tumbling({ size: 1000 }))
        .emitStrategy('on-window-close')
        .count()
        .toStream((_count, { key }) => key, { key: string() })
        .to('closed', { value: json() })
    })
    await using driver = await TopologyTestDriver.open(of)
    await driver.input('in', text).pipe('k', 'v', { timestamp: 100 })
    await driver.advanceWallClock('29s')
    const out = driver.output<string, number>('closed')
    expect(out.readAll()).toEqual([])
    await driver.advanceWallClock('1s')
    expect(out.readAll()).toMatchObject([{ key: 'v', value: 1, timestamp: 100, headers: [] }])
    await driver.advanceWallClock('1h')
    expect(out.readAll()).toEqual([])
  })

  it('releases what is suppressed, and sessions', async () => {
    const of = topology('idle', (t) => {
      const input = t.stream('in', { ...text, idleAfter: 100 })
      const sessions = input.groupByKey().windowedBy(session({ gap: 50 }))
      sessions
        .count()
        .suppress(untilWindowCloses())
        .toStream((_count, { key }) => key, { key: string() })
        .to('suppressed', { value: json() })
      sessions
        .emitStrategy('on-window-close')
        .count()
        .toStream((_count, { key }) => key, { key: string() })
        .to('closed', { value: json() })
      input.toTable().suppress(untilTimeLimit(60)).to('late')
    })
    await using driver = await TopologyTestDriver.open(of)
    const input = driver.input('in', text)
    await input.pipe('k', 'a', { timestamp: 10 })
    await input.pipe('k', 'b', { timestamp: 20 })
    expect(driver.unreadTopics).toEqual([])
    await driver.advanceWallClock(100)
    expect(driver.output('suppressed').readAll()).toMatchObject([{ key: 'k', value: 2 }])
    expect(driver.output('closed').readAll()).toMatchObject([{ key: 'k', value: 2 }])
    expect(driver.output('late').readAll()).toMatchObject([{ key: 'k', value: 'b', timestamp: 20 }])
  })

  it('does nothing as long as records come, however old', async () => {
    const of = topology('busy', (t) => {
      t.stream('in', { ...text, idleAfter: 100 })
        .toTable()
        .suppress(untilTimeLimit(1000))
        .to('out')
    })
    await using driver = await TopologyTestDriver.open(of)
    const input = driver.input('in', text)
    for (let i = 0; i < 50; i++) {
      await input.pipe('k', `v${i}`, { timestamp: 5 })
      await driver.advanceWallClock(99)
    }
    expect(driver.output('out').readAll()).toEqual([])
    await driver.advanceWallClock(901)
    expect(driver.output('out').readAll()).toMatchObject([{ key: 'k', value: 'v49' }])
  })

  it('makes late what comes afterwards with the time of before', async () => {
    const of = topology('late', (t) => {
      t.stream('in', { ...text, idleAfter: 100 })
        .groupByKey()
        .windowedBy(tumbling({ size: 10 }))
        .count()
        .toStream((_count, { key, window }) => `${key}${window.start}`, { key: string() })
        .to('out', { value: json() })
    })
    await using driver = await TopologyTestDriver.open(of)
    const input = driver.input('in', text)
    await input.pipe('k', 'v', { timestamp: 1 })
    await driver.advanceWallClock(100)
    await input.pipe('k', 'v', { timestamp: 2 })
    await input.pipe('k', 'v', { timestamp: 100 })
    expect(driver.output('out').readAll()).toMatchObject([
      { key: 'k0', value: 1 },
      { key: 'k100', value: 1 },
    ])
  })
})
