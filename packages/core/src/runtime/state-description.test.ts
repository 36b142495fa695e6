import { describe, expect, it } from 'vitest'
import { differences, STATE_FORMAT, type StateDescription, type StoreDescription } from './state-description.ts'

const store: StoreDescription = {
  kind: 'window',
  key: 'string',
  value: 'json',
  windowSize: 60_000,
  subtopology: 'in',
  partitions: 4,
}

const description = (stores: Record<string, StoreDescription>): StateDescription => ({
  format: STATE_FORMAT,
  app: 'shop',
  stores,
})

describe('differences of state', () => {
  it('are none for stores that came or went, or moved to another sub-topology', () => {
    const wanted = description({ kept: { ...store, subtopology: 'other' }, added: store })
    expect(differences(description({ kept: store, removed: store }), wanted)).toEqual([])
  })

  it('name each store and what changed in it', () => {
    const wanted = description({ a: { ...store, windowSize: 30_000, value: 'int32' }, b: { ...store, partitions: 8 } })
    expect(differences(description({ a: store, b: store }), wanted)).toEqual([
      'store "a" had value serde json, now int32',
      'store "a" had window size 60000, now 30000',
      'store "b" had a number of partitions of 4, now 8',
    ])
  })

  it('are everything when the format is another one', () => {
    expect(differences({ ...description({}), format: 0 }, description({}))).toEqual([
      `its format is 0, this version reads ${STATE_FORMAT}`,
    ])
  })
})
