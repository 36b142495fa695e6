import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { FetchedBatch } from '../log/log.ts'
import { LogRecord } from '../log/records/index.ts'
import { InputBuffer } from './input-buffer.ts'
import { InputChooser, NOT_LOADED, type TaskInput } from './task-inputs.ts'

const BYTES = Buffer.alloc(0)

function batch(topic: string, first: number, timestamps: readonly number[], endOffset = first + timestamps.length): FetchedBatch {
  const records = timestamps.map((timestamp, i) => new LogRecord(BYTES, first + i, timestamp, -1, -1, -1, -1, -1))
  return { topic, partition: 0, records, nextOffset: first + timestamps.length, endOffset, bytes: 10 * timestamps.length }
}

/** Inputs of which negative timestamps are skipped, as a source does it. */
function input(topic: string, endOffset = 0): TaskInput {
  return {
    buffer: new InputBuffer(topic, 0, 0, endOffset),
    source: { topic, load: (record) => Math.max(NOT_LOADED, record.timestamp), process: () => undefined },
    headTimestamp: NOT_LOADED,
    headOrder: 0,
  }
}

/** Takes what is ready now: `topic:timestamp`. */
function drain(chooser: InputChooser, now = 0): string[] {
  const taken: string[] = []
  for (let next = chooser.next(now); next !== undefined; next = chooser.next(now)) {
    taken.push(`${next.buffer.topic}:${next.headTimestamp}`)
    next.headTimestamp = NOT_LOADED
    next.buffer.advance()
  }
  return taken
}

describe('InputChooser', () => {
  it('takes inputs of the same time in turns', () => {
    const [a, b] = [input('a'), input('b')]
    a.buffer.add(batch('a', 0, [5, 5, 5]))
    b.buffer.add(batch('b', 0, [5, 5, 5]))
    expect(drain(new InputChooser([a, b], 0))).toEqual(['a:5', 'b:5', 'a:5', 'b:5', 'a:5', 'b:5'])
  })

  it('takes the smallest timestamp first, and among equals the head that has waited longest', () => {
    const [a, b] = [input('a'), input('b')]
    a.buffer.add(batch('a', 0, [1, 4, 9]))
    b.buffer.add(batch('b', 0, [2, 4, 8]))
    expect(drain(new InputChooser([a, b], 0))).toEqual(['a:1', 'b:2', 'a:4', 'b:4', 'b:8', 'a:9'])
  })

  it('keeps the order within each input, whatever the timestamps', () => {
    const times = fc.array(fc.integer({ min: -1, max: 20 }), { maxLength: 20 })
    fc.assert(
      fc.property(times, times, (left, right) => {
        const [a, b] = [input('a'), input('b')]
        a.buffer.add(batch('a', 0, left))
        b.buffer.add(batch('b', 0, right))
        const taken = drain(new InputChooser([a, b], 0))
        const of = (topic: string): number[] => taken.filter((t) => t.startsWith(topic)).map((t) => Number(t.slice(2)))
        expect(of('a')).toEqual(left.filter((t) => t >= 0))
        expect(of('b')).toEqual(right.filter((t) => t >= 0))
        expect(a.buffer.position).toBe(left.length)
        expect(a.buffer.bytes).toBe(0)
      }),
    )
  })

  it('waits for an input of which the log holds more', () => {
    const [a, b] = [input('a'), input('b', 5)]
    a.buffer.add(batch('a', 0, [1]))
    const chooser = new InputChooser([a, b], 0)
    expect(drain(chooser)).toEqual([])
    expect(chooser.idleUntil).toBe(Number.POSITIVE_INFINITY)
    b.buffer.add(batch('b', 0, [0, 0, 0, 0, 2]))
    expect(drain(chooser)).toEqual(['b:0', 'b:0', 'b:0', 'b:0', 'a:1', 'b:2'])
  })

  it('does not wait for an input that is at the end of the log, unless told how long', () => {
    const [a, b] = [input('a'), input('b')]
    a.buffer.add(batch('a', 0, [1, 2]))
    const patient = new InputChooser([a, b], 100)
    expect(drain(patient, 1_000)).toEqual([])
    expect(patient.idleUntil).toBe(1_100)
    expect(drain(patient, 1_099)).toEqual([])
    expect(drain(patient, 1_100)).toEqual(['a:1', 'a:2'])
    a.buffer.add(batch('a', 2, [3]))
    expect(drain(new InputChooser([a, b], 0))).toEqual(['a:3'])
  })

  it('never waits with -1', () => {
    const [a, b] = [input('a'), input('b', 5)]
    a.buffer.add(batch('a', 0, [1]))
    expect(drain(new InputChooser([a, b], -1))).toEqual(['a:1'])
  })
})

describe('InputBuffer', () => {
  it('moves its position over what holds no records', () => {
    const { buffer } = input('a', 7)
    buffer.add({ topic: 'a', partition: 0, records: [], nextOffset: 3, endOffset: 7, bytes: 0 })
    expect(buffer.position).toBe(3)
    expect(buffer.behind).toBe(true)
    buffer.add(batch('a', 3, [0, 0], 7))
    buffer.add({ topic: 'a', partition: 0, records: [], nextOffset: 7, endOffset: 7, bytes: 0 })
    expect(buffer.position).toBe(3)
    buffer.advance()
    expect(buffer.position).toBe(4)
    buffer.advance()
    expect(buffer.position).toBe(7)
    expect(buffer.behind).toBe(false)
  })
})
