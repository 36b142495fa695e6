import { describe, expect, it } from 'vitest'
import { type Topology, topology } from '../dsl/index.ts'
import type { MillraceError } from '../errors.ts'
import type { OnInvalid, RecordView } from '../plan/record-view.ts'
import { bytes, int32, json, nullable, string } from '../serde/index.ts'
import { TopologyTestDriver } from '../testing/index.ts'

const RAW = { key: bytes(), value: bytes() }
const TEXT = { key: string(), value: string() }
const NO_JSON = Buffer.from('{"amount":')

function copy(onInvalid: OnInvalid): Topology {
  return topology('copy', (t) => {
    t.stream('payments', { key: string(), value: json<{ amount: number }>(), onInvalid }).to('copied')
  })
}

describe('a source', () => {
  it('stops at a record it cannot read, and says which, where, why and what to do', async () => {
    await using driver = await TopologyTestDriver.open(copy('stop'))
    await driver.input('payments', TEXT).pipe('a', '{"amount":1}')
    const refused = driver.input('payments', RAW).pipe(Buffer.from('b'), NO_JSON)
    await expect(refused).rejects.toMatchObject({
      code: 'RECORD_INVALID',
      location: { topic: 'payments', partition: 0, offset: 1, operator: 'payments', task: 'payments_0' },
      cause: expect.objectContaining({ code: 'RECORD_INVALID' }),
    })
    await expect(refused).rejects.toThrow(/payments\/0, offset 1 .*"payments".*no JSON.*onInvalid: 'skip'/)
  })

  it('passes over what it cannot read when told to skip', async () => {
    await using driver = await TopologyTestDriver.open(copy('skip'))
    await driver.input('payments', RAW).pipe(Buffer.from('b'), NO_JSON)
    await driver.input('payments', TEXT).pipe('a', '{"amount":1}')
    expect(driver.output('copied', TEXT).readAll()).toMatchObject([{ key: 'a', value: '{"amount":1}' }])
  })

  it('sends what it cannot read to the dead-letter topic, byte for byte, with its own headers, the reason and the place', async () => {
    await using driver = await TopologyTestDriver.open(copy({ deadLetter: 'dead' }))
    const headers = [['trace', Buffer.from('t1')]] as const
    await driver.input('payments', RAW).pipe(Buffer.from([1, 255]), NO_JSON, { timestamp: 17, headers })
    const dead = driver.output('dead', RAW).read()
    expect(dead).toMatchObject({ key: new Uint8Array([1, 255]), value: new Uint8Array(NO_JSON), timestamp: 17 })
    const named = Object.fromEntries(dead.headers.map(([name, value]) => [name, Buffer.from(value ?? []).toString()]))
    expect(named).toEqual({
      trace: 't1',
      'millrace.reason': expect.stringContaining('no JSON'),
      'millrace.operator': 'payments',
      'millrace.topic': 'payments',
      'millrace.partition': '0',
      'millrace.offset': '0',
    })
    expect(driver.output('copied', TEXT).isEmpty).toBe(true)
  })

  it('treats a key that cannot be decoded like a value that cannot', async () => {
    const keyed = topology('keyed', (t) => t.stream('in', { key: int32(), value: string() }).to('out'))
    await using driver = await TopologyTestDriver.open(keyed)
    const refused = driver.input('in', TEXT).pipe('three bytes at least', 'v')
    await expect(refused).rejects.toMatchObject({ code: 'RECORD_INVALID', location: { offset: 0 } })
  })

  it('skips records with a negative timestamp', async () => {
    const timed = topology('timed', (t) => t.stream('in', { ...TEXT, timestamp: (value) => Number(value) }).to('out'))
    await using driver = await TopologyTestDriver.open(timed)
    const input = driver.input('in', TEXT)
    await input.pipeAll([
      ['a', '-1'],
      ['b', '12'],
    ])
    expect(driver.output('out', TEXT).readAll()).toMatchObject([{ key: 'b', timestamp: 12 }])
  })

  it('refuses a timestamp that is no number, by the policy for invalid records', async () => {
    const timed = topology('timed', (t) => t.stream('in', { ...TEXT, timestamp: (value) => Number(value) }).to('out'))
    await using driver = await TopologyTestDriver.open(timed)
    await expect(driver.input('in', TEXT).pipe('a', 'soon')).rejects.toThrow(/timestamp extractor gave NaN/)
  })

  it('reports a timestamp extractor that throws as a failed user function', async () => {
    const cause = new Error('no such field')
    const timed = topology('timed', (t) =>
      t
        .stream('in', {
          ...TEXT,
          timestamp: () => {
            throw cause
          },
        })
        .to('out'),
    )
    await using driver = await TopologyTestDriver.open(timed)
    const refused = driver.input('in', TEXT).pipe('a', 'b')
    await expect(refused).rejects.toMatchObject({ code: 'USER_FUNCTION_FAILED', cause, location: { operator: 'in', offset: 0 } })
  })

  it('lets null keys and values through, and leaves tombstones out when told to', async () => {
    const both = topology('both', (t) => {
      t.stream('all', { key: nullable(string()), value: nullable(string()) }).to('out')
      t.stream('facts', { ...TEXT, tombstones: 'skip' }).to('out')
    })
    await using driver = await TopologyTestDriver.open(both)
    await driver.input('all', TEXT).pipe(null, null)
    await driver.input('facts', TEXT).pipe('a', null)
    expect(driver.output('out', TEXT).readAll()).toMatchObject([{ key: null, value: null }])
  })

  it('shows callbacks where the record was read, with its headers', async () => {
    const seen: RecordView[] = []
    const peeking = topology('peeking', (t) => {
      t.stream('in', TEXT).peek((_value, _key, record) => {
        const { timestamp, headers, topic, partition, offset } = record
        seen.push({ timestamp, headers, topic, partition, offset })
      })
    })
    await using driver = await TopologyTestDriver.open(peeking, { partitions: 3 })
    const input = driver.input('in', TEXT)
    await input.pipe('a', 'b', { timestamp: 1, partition: 2 })
    await input.pipe('a', 'b', { timestamp: 2, partition: 2, headers: [['h', null]] })
    expect(seen).toEqual([
      { timestamp: 1, headers: [], topic: 'in', partition: 2, offset: 0 },
      { timestamp: 2, headers: [['h', null]], topic: 'in', partition: 2, offset: 1 },
    ])
  })
})

describe('a function that throws', () => {
  const cause = new Error('division by zero')
  const failing = topology('failing', (t) => {
    t.stream('in', TEXT)
      .mapValues(
        (value) => {
          if (value === 'bad') throw cause
          return value
        },
        { value: string(), name: 'ratio' },
      )
      .to('out')
  })

  it('stops the task with the operator, the record and the cause', async () => {
    await using driver = await TopologyTestDriver.open(failing)
    const refused = driver.input('in', TEXT).pipe('k', 'bad')
    await expect(refused).rejects.toMatchObject({
      code: 'USER_FUNCTION_FAILED',
      cause,
      location: { operator: 'in/ratio', topic: 'in', partition: 0, offset: 0, task: 'in_0' },
    })
    await expect(refused).rejects.toThrow('Operator "in/ratio" failed at in/0, offset 0: division by zero.')
  })

  it('loses only its record under onProcessingError: continue', async () => {
    await using driver = await TopologyTestDriver.open(failing, { onProcessingError: 'continue' })
    await driver.input('in', TEXT).pipeAll([
      ['k', 'a'],
      ['k', 'bad'],
      ['k', 'b'],
    ])
    expect(driver.output('out', TEXT).readAll()).toMatchObject([{ value: 'a' }, { value: 'b' }])
  })

  it('is named too when it throws below a cache that is flushed, where there is no record to blame', async () => {
    const cached = topology('cached', (t) => {
      t.stream('in', TEXT)
        .groupByKey()
        .count({ as: 'counts', caching: true })
        .mapValues(
          () => {
            throw cause
          },
          { name: 'ratio' },
        )
        .to('out')
    })
    await using driver = await TopologyTestDriver.open(cached)
    const refused: Promise<unknown> = driver.input('in', TEXT).pipe('k', 'v')
    await expect(refused).rejects.toMatchObject({ code: 'USER_FUNCTION_FAILED', cause })
    const error = (await refused.catch((reason: unknown) => reason)) as MillraceError
    expect(error.message).toContain('ratio" failed while caches were flushed')
    expect(error.location).toEqual({ operator: 'in/count/ratio', task: 'in_0' })
  })

  it('does not hide an error of our own behind it', async () => {
    const impossible = topology('impossible', (t) => {
      t.stream('in', TEXT)
        .mapValues(() => new Map(), { value: json() })
        .to('out')
    })
    await using driver = await TopologyTestDriver.open(impossible)
    await expect(driver.input('in', TEXT).pipe('k', 'v')).rejects.toMatchObject({ code: 'RECORD_INVALID' })
  })
})
