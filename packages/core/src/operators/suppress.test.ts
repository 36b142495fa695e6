import { describe, expect, it } from 'vitest'
import { topology, type Topology, untilTimeLimit, untilWindowCloses } from '../dsl/index.ts'
import { string } from '../serde/index.ts'
import { TopologyTestDriver } from '../testing/index.ts'

const text = { key: string(), value: string() }

function suppressing(until: ReturnType<typeof untilTimeLimit>): Topology {
  return topology('suppressing', (t) => t.table('in', text).suppress(until).to('out'))
}

describe('suppress', () => {
  it('lets the first ones go early when there are too many, with their own headers', async () => {
    await using driver = await TopologyTestDriver.open(
      suppressing(untilTimeLimit('1h', { maxRecords: 2, whenFull: 'emit-early' })),
    )
    const input = driver.input('in', text)
    await input.pipe('b', '1', { timestamp: 5, headers: [['h', Buffer.from('x')]] })
    await input.pipe('a', '1', { timestamp: 6 })
    await input.pipe('a', '2', { timestamp: 7 })
    expect(driver.output('out').readAll()).toEqual([])
    await input.pipe('c', '1', { timestamp: 8 })
    expect(driver.output('out').readAll()).toMatchObject([
      { key: 'b', value: '1', timestamp: 5, headers: [['h', Buffer.from('x')]] },
    ])
  })

  it('shows a join of the table with itself what was there before, until a record has left', async () => {
    const program = topology('itself', (t) => {
      const held = t.table('in', text).suppress(untilTimeLimit(0))
      held.leftJoin(held, (a, b) => `${a}+${b}`, { value: string() }).to('out')
    })
    await using driver = await TopologyTestDriver.open(program)
    const input = driver.input('in', text)
    await input.pipe('k', '1', { timestamp: 1 })
    await input.pipe('k', '2', { timestamp: 2 })
    // As the left side, then as the right side, for which there is nothing on the left at first.
    expect(driver.output('out').readAll()).toMatchObject([{ value: '1+null' }, { value: '2+1' }, { value: '1+2' }])
  })

  it('counts bytes of keys, values and headers', async () => {
    await using driver = await TopologyTestDriver.open(
      suppressing(untilTimeLimit('1h', { maxBytes: 200, whenFull: 'emit-early' })),
    )
    const input = driver.input('in', text)
    await input.pipe('a', 'x'.repeat(100), { timestamp: 1 })
    // A later value of the same key takes the place of the first one.
    await input.pipe('a', 'y'.repeat(20), { timestamp: 2 })
    expect(driver.output('out').readAll()).toEqual([])
    await input.pipe('b', 'z'.repeat(80), { timestamp: 3 })
    expect(driver.output('out').readAll()).toMatchObject([{ key: 'a', value: 'y'.repeat(20) }])
  })

  it('stops with a clear error when it is full and may not let go early', async () => {
    await using driver = await TopologyTestDriver.open(suppressing(untilTimeLimit('1h', { maxRecords: 1 })))
    const input = driver.input('in', text)
    await input.pipe('a', '1', { timestamp: 1 })
    await expect(input.pipe('b', '1', { timestamp: 1 })).rejects.toMatchObject({
      code: 'BUFFER_FULL',
      message: expect.stringContaining('"in/suppress" holds back 2 records (limit 1)'),
      location: { operator: 'in/suppress' },
    })
  })

  it('is refused where no window closes, and for versioned tables', () => {
    const refusal = (build: Parameters<typeof topology>[1]): unknown => {
      try {
        return topology('refused', build)
      } catch (error) {
        return error
      }
    }
    const plain = refusal((t) => {
      // @ts-expect-error the keys have no window
      t.table('in', text).suppress(untilWindowCloses())
    })
    expect(plain).toMatchObject({ code: 'TOPOLOGY_INVALID', message: expect.stringContaining('"in" is not a table by window') })
    const versioned = refusal((t) => void t.table('in', { ...text, versioned: '1d' }).suppress(untilTimeLimit(1)))
    expect(versioned).toMatchObject({ code: 'TOPOLOGY_INVALID', message: expect.stringContaining('versioned') })
    expect(refusal(() => untilTimeLimit(1, { maxRecords: -1 }))).toMatchObject({ code: 'TOPOLOGY_INVALID' })
  })
})
