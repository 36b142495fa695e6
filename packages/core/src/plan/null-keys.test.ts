import { describe, expect, it } from 'vitest'
import { topology, type TopologyBuilder } from '../dsl/index.ts'
import { string } from '../serde/index.ts'
import { planTopology } from './plan-topology.ts'

const TEXT = { key: string(), value: string() }
const plus = (a: string, b: string | null): string => `${a}${b}`

/** The repartition topics that take records with a null key, and those that drop them. */
function repartitionTopics(build: (t: TopologyBuilder) => void): { readonly take: string[]; readonly drop: string[] } {
  const [take, drop]: [string[], string[]] = [[], []]
  for (const node of planTopology(topology('app', build), { app: 'app' }).nodes.values()) {
    if (node.kind === 'repartition') (node.dropNullKeys ? drop : take).push(node.topic)
  }
  return { take, drop }
}

describe('a repartition topic', () => {
  it('takes records with a null key before a left join with a global table', () => {
    const topics = repartitionTopics((t) => {
      const rows = t.globalTable('rows', TEXT)
      const byValue = (topic: string) => t.stream(topic, TEXT).repartition({ name: topic })
      byValue('left').leftJoin(rows, plus, { on: (value) => value, value: string() })
      byValue('inner').join(rows, plus, { on: (value) => value, value: string() })
    })
    expect(topics).toEqual({ take: ['app-left-repartition'], drop: ['app-inner-repartition'] })
  })

  it('of a table that a stream is joined with drops them, whatever the join', () => {
    const topics = repartitionTopics((t) => {
      const rows = t.stream('rows', TEXT).repartition({ name: 'rows' }).toTable()
      t.stream('in', TEXT).repartition({ name: 'in' }).leftJoin(rows, plus, { value: string() })
    })
    expect(topics).toEqual({ take: ['app-in-repartition'], drop: ['app-rows-repartition'] })
  })
})
