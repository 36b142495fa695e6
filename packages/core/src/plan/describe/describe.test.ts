import { describe, expect, it } from 'vitest'
import { topology, tumbling } from '../../dsl/index.ts'
import { int32, json, string } from '../../serde/index.ts'
import { planTopology } from '../plan-topology.ts'
import { describeJson } from './describe-json.ts'
import { describeMermaid } from './describe-mermaid.ts'
import { describeText } from './describe-text.ts'

const plan = planTopology(
  topology('shop', (t) => {
    t.stream('payments', { key: string(), value: json<{ customer: number }>() })
      .groupBy((payment) => payment.customer, { key: int32() })
      .windowedBy(tumbling({ size: '1m', grace: '10s' }))
      .count({ as: 'per-minute', name: 'minutes' })
      .to('revenue')
  }),
)

describe('descriptions of a plan', () => {
  it('as text have the shape that Kafka Streams gives', () => {
    expect(describeText(plan)).toBe(
      `
Topology: shop
   Sub-topology: payments
    Source: payments (topics: [payments])
      --> payments/group-by
    Processor: payments/group-by (stores: [])
      --> payments/group-by/minutes:repartition
      <-- payments
    Sink: payments/group-by/minutes:repartition (topic: shop-per-minute-repartition)
      <-- payments/group-by
   Sub-topology: per-minute-repartition
    Source: payments/group-by/minutes:repartition:read (topics: [shop-per-minute-repartition])
      --> payments/group-by/minutes
    Processor: payments/group-by/minutes (stores: [per-minute])
      --> payments/group-by/minutes/to-stream
      <-- payments/group-by/minutes:repartition:read
    Processor: payments/group-by/minutes/to-stream (stores: [])
      --> payments/group-by/minutes/to-stream/to
      <-- payments/group-by/minutes
    Sink: payments/group-by/minutes/to-stream/to (topic: revenue)
      <-- payments/group-by/minutes/to-stream`.trim(),
    )
  })

  it('as JSON are plain data that survives being written', () => {
    const described = describeJson(plan)
    expect(JSON.parse(JSON.stringify(described))).toEqual(described)
    expect(described.stores).toEqual({
      'per-minute': {
        kind: 'window',
        key: 'int32',
        value: 'json',
        caching: true,
        changelog: 'shop-per-minute-changelog',
        size: 60_000,
        retention: 70_000,
      },
    })
    expect(described.subtopologies[1]?.nodes[1]).toEqual({
      id: 'payments/group-by/minutes',
      kind: 'windowed-aggregate',
      parents: ['payments/group-by/minutes:repartition:read'],
      stores: ['per-minute'],
      window: { size: 60_000, advance: 60_000, grace: 10_000 },
    })
    expect(described.topics['shop-per-minute-repartition']).toEqual({ role: 'repartition', cleanup: 'delete', retentionMs: -1 })
  })

  it('as Mermaid draw topics, operators and stores', () => {
    expect(describeMermaid(plan)).toBe(
      `
flowchart LR
  topic0[/"payments"/]
  topic1[/"shop-per-minute-repartition"/]
  topic2[/"revenue"/]
  subgraph subtopology3["payments"]
    node4["group-by: select-key"]
  end
  subgraph subtopology5["per-minute-repartition"]
    node6["minutes: windowed-aggregate"]
    node7["to-stream"]
    store8[("per-minute")]
  end
  topic0 --> node4
  node4 --> topic1
  topic1 --> node6
  node6 --- store8
  node6 --> node7
  node7 --> topic2`.trim(),
    )
  })
})
