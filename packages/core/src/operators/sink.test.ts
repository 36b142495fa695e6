import { expect, it } from 'vitest'
import { string, topology, type Topology, TopologyTestDriver } from '../index.ts'

const text = { key: string(), value: string() }

async function pipe(written: Topology, ...values: readonly string[]): Promise<TopologyTestDriver> {
  const driver = await TopologyTestDriver.open(written, { partitions: 3 })
  for (const value of values) await driver.input<string, string>('in').pipe('k', value, { timestamp: 5 })
  return driver
}

it('writes each record to the topic that it names', async () => {
  const chosen = topology('chosen', (t) => t.stream('in', text).to((value, key) => `${key}-${value}`))
  await using driver = await pipe(chosen, 'a', 'b', 'a')
  expect(driver.unreadTopics).toEqual(['k-a', 'k-b'])
  expect(driver.output<string, string>('k-a').readAll()).toHaveLength(2)
})

it('sends a record to all partitions that the partitioner names, once to each', async () => {
  const spread = topology('spread', (t) =>
    t.stream('in', text).to('out', { partitioner: (_key, value) => (value === 'all' ? [0, 2, 2] : []) }),
  )
  await using driver = await pipe(spread, 'all', 'none')
  expect(
    driver
      .output('out')
      .readAll()
      .map(({ partition }) => partition),
  ).toEqual([0, 2])
})

it('leaves the choice to the key where the partitioner has none', async () => {
  const plain = topology('plain', (t) => t.stream('in', text).to('out'))
  const undecided = topology('undecided', (t) => t.stream('in', text).to('out', { partitioner: () => undefined }))
  await using expected = await pipe(plain, 'v')
  await using driver = await pipe(undecided, 'v')
  expect(driver.output('out').readAll()).toEqual(expected.output('out').readAll())
})

it('writes the event time that it was told, and refuses what is no time', async () => {
  const stamped = topology('stamped', (t) => t.stream('in', text).to('out', { timestamp: (value) => Number(value) }))
  await using driver = await pipe(stamped, '7')
  expect(driver.output('out').read().timestamp).toBe(7)
  await expect(driver.input<string, string>('in').pipe('k', '-1')).rejects.toMatchObject({
    code: 'USER_FUNCTION_FAILED',
    message: expect.stringContaining('The timestamp -1 is no event time'),
  })
})
