import { expect, it } from 'vitest'
import { string, topology, TopologyTestDriver } from '../index.ts'

const text = { key: string(), value: string() }

it('sends a record to the first branch that wants it, and nowhere else', async () => {
  const routed = topology('routed', (t) => {
    const { long, withA } = t
      .stream('in', text)
      .split()
      .branch('long', (value) => value.length > 2)
      .branch('withA', (value) => value.includes('a'))
      .noDefaultBranch()
    long.to('long')
    withA.to('with-a')
  })
  await using driver = await TopologyTestDriver.open(routed)
  const input = driver.input<string, string>('in')
  await input.pipeAll([
    ['k', 'aaa'],
    ['k', 'a'],
    ['k', 'b'],
  ])
  expect(
    driver
      .output('long')
      .readAll()
      .map(({ value }) => value),
  ).toEqual(['aaa'])
  expect(
    driver
      .output('with-a')
      .readAll()
      .map(({ value }) => value),
  ).toEqual(['a'])
})

it('names branches in the paths of what follows, and refuses two of one name', () => {
  const routed = topology('routed', (t) => {
    t.stream('in', text)
      .split()
      .branch('some', () => true)
      .defaultBranch()
      .default.to('out')
  })
  expect(routed.nodes.map(({ id }) => id)).toEqual(['in', 'in/split', 'in/split/some', 'in/split/default', 'in/split/default/to'])
  expect(() =>
    topology('twice', (t) => {
      t.stream('in', text)
        .split()
        .branch('some', () => true)
        .branch('some', () => false)
    }),
  ).toThrow(expect.objectContaining({ code: 'TOPOLOGY_NAME_CLASH' }))
})
