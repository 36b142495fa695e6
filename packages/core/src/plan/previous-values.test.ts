import { expect, it } from 'vitest'
import { type Table, type TopologyBuilder, topology } from '../dsl/index.ts'
import { json, string } from '../serde/index.ts'
import { planTopology } from './plan-topology.ts'

const serdes = { key: string(), value: json<{ group: string }>() }
type Rows = Table<string, { group: string }>

function table(t: TopologyBuilder, as?: string): Rows {
  return t.table('rows', { ...serdes, ...(as !== undefined && { as }) })
}

function senders(build: (t: TopologyBuilder) => void): string[] {
  return [...planTopology(topology('app', build)).needsPrevious]
}

const group = (rows: Rows): void => void rows.groupBy((row) => row.group).count({ as: 'counts' })

it('A grouped table sends old values, and so do the views between it and a store', () => {
  expect(senders((t) => group(table(t)))).toEqual(['rows'])
  expect(senders((t) => group(table(t).mapValues((row) => row)))).toEqual(['rows', 'rows/map-values'])
  // The store of the view answers for it: what is above need not.
  expect(senders((t) => group(table(t).mapValues((row) => row, { as: 'mapped' })))).toEqual(['rows/map-values'])
})

it('A filter asks for old values where they cost nothing: of a table that has a store', () => {
  expect(senders((t) => void table(t).filter(() => true))).toEqual([])
  expect(senders((t) => void table(t, 'stored').filter(() => true))).toEqual(['rows', 'rows/filter'])
  expect(
    senders(
      (t) =>
        void table(t, 'stored')
          .mapValues((row) => row)
          .filter(() => true),
    ),
  ).toEqual(['rows', 'rows/map-values', 'rows/map-values/filter'])
})

it('What was asked before a table got its store was answered with no', () => {
  expect(
    senders((t) => {
      const rows = table(t)
      rows.filter(() => true)
      group(rows)
    }),
  ).toEqual(['rows'])
  expect(
    senders((t) => {
      const rows = table(t)
      group(rows)
      rows.filter(() => true)
    }),
  ).toEqual(['rows', 'rows/filter'])
})

it('Aggregates have old values for whoever asks', () => {
  expect(
    senders(
      (t) =>
        void t
          .stream('rows', serdes)
          .groupByKey()
          .count({ as: 'counts' })
          .filter((count) => count > 1),
    ),
  ).toEqual(['rows/count', 'rows/count/filter'])
})
