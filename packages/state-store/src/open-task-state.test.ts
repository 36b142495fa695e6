import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import type { Codec } from './codec.ts'
import type { StateEngine } from './engine/engine.ts'
import { levelEngine } from './engine/level-engine.ts'
import { memoryEngine } from './engine/memory-engine.ts'
import { openTaskState } from './open-task-state.ts'
import type { StoreDefinition } from './stores/definition.ts'

const text: Codec<string> = {
  encode: (value) => value,
  decode: (bytes, start, end) => bytes.utf8Slice(start, end),
  identity: (value) => value,
}
const json: Codec<{ n: number }> = {
  encode: (value) => JSON.stringify(value),
  decode: (bytes, start, end) => JSON.parse(bytes.utf8Slice(start, end)) as { n: number },
}
const stores: StoreDefinition[] = [
  { kind: 'key-value', name: 'kv', key: text, value: text, caching: false },
  { kind: 'timestamped', name: 'ts', key: text, value: json, caching: true },
  { kind: 'window', name: 'win', key: text, value: json, caching: true, size: 10, retention: 30 },
]
async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = []
  for await (const item of items) found.push(item)
  return found
}
const folders: string[] = []
afterAll(async () => {
  for (const folder of folders) await rm(folder, { recursive: true })
})
const engines: Record<string, () => Promise<StateEngine>> = {
  memory: async () => memoryEngine(),
  level: async () => {
    const folder = await mkdtemp(join(tmpdir(), 'state-'))
    folders.push(folder)
    return levelEngine({ location: folder })
  },
}

for (const [name, make] of Object.entries(engines)) {
  describe(`openTaskState over ${name}`, () => {
    it('keeps what was committed, and only that', async () => {
      const engine = await make()
      let state = await openTaskState({ engine, stores })
      expect(state.checkpoint).toBe(null)
      const log: unknown[] = []
      let kv = state.keyValue<string, string>('kv')
      let ts = state.timestamped<string, { n: number }>('ts')
      let win = state.window<string, { n: number }>('win')
      kv.changelog = (key, value, at) => log.push(['kv', key, value, at])
      ts.changelog = (key, value, at) => log.push(['ts', key, value, at])
      ts.onFlush = (key, next, previous, at) => void log.push(['flush', key, next, previous, at])
      kv.put('a', '1')
      ts.put('x', { n: 1 }, 5, [])
      ts.put('y', { n: 1 }, 6, [])
      ts.put('x', { n: 2 }, 7, [])
      win.put('k', 100, { n: 1 }, 101, [])
      win.put('k', 110, { n: 2 }, 111, [])
      win.put('k', 80, { n: 2 }, 111, [])
      expect(log).toEqual([['kv', 'a', '1', -1]])
      state.flush()
      expect(log.slice(1)).toEqual([
        ['ts', 'y', '{"n":1}', 6],
        ['flush', 'y', { n: 1 }, undefined, 6],
        ['ts', 'x', '{"n":2}', 7],
        ['flush', 'x', { n: 2 }, undefined, 7],
      ])
      const checkpoint = { changelogs: { 'c/0': 4 }, inputs: { 'i/0': 9 } }
      await state.commit(checkpoint)
      const x = ts.get('x')
      if (x) x.value.n = 3
      ts.put('x', { n: 3 }, 8, [])
      log.length = 0
      state.flush()
      expect(log[1]).toEqual(['flush', 'x', { n: 3 }, { n: 2 }, 8])
      state.discard()
      expect(ts.get('x')).toEqual({ value: { n: 2 }, timestamp: 7 })
      win.put('z', 200, { n: 1 }, 201, [])
      expect(win.get('k', 110)).toBe(undefined)
      await state.close()

      state = await openTaskState({ engine, stores })
      expect(state.checkpoint).toEqual(checkpoint)
      kv = state.keyValue('kv')
      ts = state.timestamped('ts')
      win = state.window('win')
      expect(kv.get('a')).toBe('1')
      expect(kv.get('b')).toBe(undefined)
      expect(ts.get('x')).toEqual({ value: { n: 2 }, timestamp: 7 })
      expect(win.observedStart).toBe(110)
      expect(win.get('k', 80)).toBe(undefined)
      expect(await collect(win.fetch('k', 0, 1000))).toEqual([
        [100, { value: { n: 1 }, timestamp: 101 }],
        [110, { value: { n: 2 }, timestamp: 111 }],
      ])
      expect(await collect(ts.range())).toEqual([
        ['x', { value: { n: 2 }, timestamp: 7 }],
        ['y', { value: { n: 1 }, timestamp: 6 }],
      ])
      expect((await collect(win.fetchAll(0, 1000))).map((found) => found[1])).toEqual([100, 110])
      await state.close()
    })
  })
}
