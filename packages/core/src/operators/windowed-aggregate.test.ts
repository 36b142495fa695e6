import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { levelEngine } from '@millrace/state-store'
import { expect, it } from 'vitest'
import { topology, tumbling } from '../dsl/index.ts'
import { json, string } from '../serde/index.ts'
import { TopologyTestDriver } from '../testing/index.ts'

const TEXT = { key: string(), value: string() }

const counting = topology('counting', (t) => {
  t.stream('in', TEXT)
    .groupByKey()
    .windowedBy(tumbling({ size: 10, grace: 5 }))
    .count({ as: 'counts', retention: 1_000, value: json() })
    .to('out')
})

it('keeps windows closed over a restart, as far as the stored windows tell the time', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'millrace-windows-'))
  try {
    const options = { caching: false, engine: () => levelEngine({ location: join(folder, 'task') }) }
    const before = await TopologyTestDriver.open(counting, options)
    await before.input('in', TEXT).pipeAll([
      ['a', '', { timestamp: 3 }],
      ['a', '', { timestamp: 21 }],
    ])
    await before.close()

    await using after = await TopologyTestDriver.open(counting, options)
    const out = after.output<{ window: { start: number } }, number>('out')
    await after.input('in', TEXT).pipe('a', '', { timestamp: 4 })
    expect(out.readAll()).toEqual([])
    await after.input('in', TEXT).pipe('a', '', { timestamp: 22 })
    expect(out.readAll()).toMatchObject([{ key: { window: { start: 20 } }, value: 2 }])
  } finally {
    await rm(folder, { recursive: true })
  }
})
