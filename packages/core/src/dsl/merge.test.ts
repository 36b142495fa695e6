import { expect, it } from 'vitest'
import { string } from '../serde/index.ts'
import { TopologyTestDriver } from '../testing/index.ts'
import { topology } from './topology.ts'

const TEXT = { key: string(), value: string() }

it('merges all records of both streams', async () => {
  const both = topology('both', (t) => {
    t.stream('a', TEXT).merge(t.stream('b', TEXT)).to('out')
  })
  await using driver = await TopologyTestDriver.open(both)
  await driver.input('b', TEXT).pipe('k', 'from b')
  await driver.input('a', TEXT).pipe('k', 'from a')
  expect(driver.output('out').readAll()).toMatchObject([{ value: 'from b' }, { value: 'from a' }])
})

it('merges a stream with itself to what it is, as Kafka Streams does', async () => {
  const itself = topology('itself', (t) => {
    const stream = t.stream('a', TEXT)
    stream.merge(stream).to('out')
    stream.merge(t.stream('a', TEXT)).to('out-2')
    stream.merge(stream.peek(() => {})).to('twice')
  })
  await using driver = await TopologyTestDriver.open(itself)
  await driver.input('a', TEXT).pipe('k', 'v')
  expect(['out', 'out-2', 'twice'].map((topic) => driver.output(topic).readAll().length)).toEqual([1, 1, 2])
})
