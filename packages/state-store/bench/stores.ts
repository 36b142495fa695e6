/**
 * CPU time of the stores' hot paths over LevelDB. `node --conditions=@millrace/source packages/state-store/bench/stores.ts`.
 * Figures are µs of CPU (all threads) for each operation, the best of several rounds.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Codec, levelEngine, openTaskState, type TaskState } from '@millrace/state-store'

interface Total {
  count: number
  sum: number
}

const text: Codec<string> = {
  encode: (value) => value,
  decode: (bytes, start, end) => bytes.utf8Slice(start, end),
  identity: (value) => value,
}
const json: Codec<Total> = {
  encode: (value) => JSON.stringify(value),
  decode: (bytes, start, end) => JSON.parse(bytes.utf8Slice(start, end)) as Total,
}
const NOTHING = { changelogs: {}, inputs: {} }

async function measure(
  name: string,
  operations: number,
  rounds: number,
  run: (round: number) => Promise<void> | void,
): Promise<void> {
  let best = Number.POSITIVE_INFINITY
  for (let round = 0; round < rounds; round++) {
    const before = process.cpuUsage()
    await run(round)
    const { user, system } = process.cpuUsage(before)
    best = Math.min(best, (user + system) / operations)
  }
  process.stdout.write(`${name.padEnd(80)} ${best.toFixed(3)} µs\n`)
}

async function withState(caching: boolean, cacheMaxBytes: number, use: (state: TaskState) => Promise<void>): Promise<void> {
  const location = await mkdtemp(join(tmpdir(), 'millrace-bench-'))
  const state = await openTaskState({
    engine: levelEngine({ location }),
    cacheMaxBytes,
    stores: [
      { kind: 'timestamped', name: 'table', key: text, value: json, caching },
      { kind: 'window', name: 'windows', key: text, value: json, caching, size: 60_000, retention: 3_600_000 },
    ],
  })
  for (const store of state.stores.values()) store.changelog = () => {}
  await use(state)
  await state.close()
  await rm(location, { recursive: true })
}

/** Fresh strings, as decoded from records. */
function keysOf(count: number, total: number, seed: number): string[] {
  let random = seed
  return Array.from({ length: total }, () => {
    random = (Math.imul(random, 1103515245) + 12345) >>> 0
    return Buffer.from(`user-${String((random >>> 4) % count).padStart(7, '0')}`).toString()
  })
}

const PER_ROUND = 200_000

for (const caching of [true, false]) {
  const mode = caching ? 'cached' : 'uncached'
  await withState(caching, 64 << 20, async (state) => {
    const windows = state.window<string, Total>('windows')
    windows.onFlush = () => {}
    const table = state.timestamped<string, Total>('table')
    table.onFlush = () => {}
    const commit = async (): Promise<void> => {
      await state.flush()
      await state.commit(NOTHING)
    }
    const keys = keysOf(10_000, PER_ROUND, 1)
    await measure(`${mode} table: get + put, 10k keys`, PER_ROUND, 12, () => {
      for (let i = 0; i < PER_ROUND; i++) {
        const key = keys[i] as string
        const old = table.get(key)
        table.put(key, { count: (old?.value.count ?? 0) + 1, sum: i }, i, [])
      }
    })
    await commit()
    await measure(`${mode} windows: get + put, 10k keys, one window a round`, PER_ROUND, 12, (round) => {
      const start = round * 60_000
      for (let i = 0; i < PER_ROUND; i++) {
        const key = keys[i] as string
        const old = windows.get(key, start)
        windows.put(key, start, { count: (old?.value.count ?? 0) + 1, sum: i }, i, [])
      }
    })
    await commit()
    const distinct = [...new Set(keys)]
    const puts = {
      table: (key: string, total: Total) => table.put(key, total, total.count, []),
      windows: (key: string, total: Total) => windows.put(key, 3_000_000, total, total.count, []),
    }
    for (const [name, put] of Object.entries(puts)) {
      await measure(`${mode} ${name}: flush and commit, for each of 10k dirty entries`, distinct.length, 12, async (round) => {
        for (const key of distinct) put(key, { count: round, sum: 1 })
        await commit()
      })
    }
  })
}

await withState(true, 4 << 20, async (state) => {
  const windows = state.window<string, Total>('windows')
  const commit = async (): Promise<void> => {
    await state.flush()
    await state.commit(NOTHING)
  }
  let seed = 7
  await measure('cached windows: get + put + commit, 1M keys, new window a round, small cache', PER_ROUND, 6, async (round) => {
    const keys = keysOf(1_000_000, PER_ROUND, seed++)
    for (let i = 0; i < PER_ROUND; i++) {
      const key = keys[i] as string
      const old = windows.get(key, round * 60_000)
      windows.put(key, round * 60_000, { count: (old?.value.count ?? 0) + 1, sum: i }, i, [])
      if (state.needsCommit) await commit()
    }
    await commit()
  })
  state.discard()
  const keys = keysOf(1_000_000, PER_ROUND, 7)
  await measure('windows: get from LevelDB', PER_ROUND, 3, () => {
    for (const key of keys) windows.get(key, 0)
  })
  await measure('windows: scan of LevelDB by fetchAll', PER_ROUND, 3, async () => {
    let found = 0
    for await (const row of windows.fetchAll(60_000, 60_000)) found += row[2].value.count
    if (found !== PER_ROUND) throw new Error(`${found} records counted`)
  })
})
