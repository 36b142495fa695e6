import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { topology, type Topology } from '../dsl/index.ts'
import { string } from '../serde/index.ts'
import { type App, createApp } from './app.ts'
import type { AppStatus } from './app-state.ts'
import { Lab } from './test-support/lab.ts'

const upper: Topology = topology('upper', (t) => {
  t.stream('in', { key: string(), value: string() })
    .mapValues((value) => value.toUpperCase(), { value: string() })
    .to('out')
})

describe('stopping an app', () => {
  let lab: Lab
  let app: App

  beforeEach(async () => {
    lab = await Lab.open()
    await lab.topics('in', 'out')
    app = createApp(upper, { log: lab.log, stateDir: lab.stateDir, logger: false, commitInterval: '1h' })
  })

  afterEach(async () => {
    await app.stop()
    await lab.close()
  })

  it('goes through its states, each once, and completes them', async () => {
    const states: AppStatus[] = []
    const completed = new Promise<void>((resolve) => {
      app.state$.subscribe({ next: ({ status }) => states.push(status), complete: resolve })
    })
    await app.start()
    await app.stop()
    await completed
    expect(states).toEqual(['created', 'starting', 'rebalancing', 'running', 'stopping', 'stopped'])
  })

  it('commits what was processed, although no commit was due', async () => {
    await lab.produce('in', [['a', 'x']])
    await app.start()
    await waitForRecords(app, 1)
    expect(await lab.read('out')).toEqual([])
    await app.stop()
    expect(await lab.read('out')).toEqual([['a', 'X']])
  })

  it('is possible before the start, during it, and twice', async () => {
    const starting = app.start()
    await Promise.all([app.stop(), app.stop()])
    await starting
    expect(app.state.status).toBe('stopped')
    const unused = createApp(upper, { log: lab.log, stateDir: lab.stateDir, logger: false })
    await unused.stop()
    expect(unused.state.status).toBe('stopped')
  })

  it('gives the state folder back', async () => {
    await app.start()
    await app.stop()
    const next = createApp(upper, { log: lab.log, stateDir: lab.stateDir, logger: false })
    await next.start()
    expect(next.state.status).toBe('running')
    await next.stop()
  })
})

function waitForRecords(app: App, count: number): Promise<void> {
  return new Promise((resolve) => {
    const watching = app.metrics$.subscribe((now) => {
      if (now.sum('process-total') < count) return
      resolve()
      queueMicrotask(() => watching.unsubscribe())
    })
  })
}
