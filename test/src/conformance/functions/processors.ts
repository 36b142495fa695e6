import type {
  OutgoingRecord,
  ProcessorContext,
  ProcessorKeyValueStore,
  ProcessorRecord,
  ProcessorSessionStore,
  ProcessorWindowStore,
} from '@millrace/core'
import { type Key, render, str, type TextKey, type Value } from '../text.ts'
import { lookup } from './spec.ts'

/** What a processor of FORMAT.md does; `forward` keeps the key where the operator does (processValues). */
export interface ProcessorTools {
  readonly context: Pick<ProcessorContext<Key, Value, string>, 'schedule' | 'store' | 'streamTime' | 'wallClock'>
  readonly forward: (record: OutgoingRecord<Key, Value>) => void | Promise<void>
  /** Name of the first of its stores. */
  readonly store: string
}

type Incoming = ProcessorRecord<Key, Value>
type Processing = (record: Incoming) => void | Promise<void>
type Make = (tools: ProcessorTools) => Processing

const PROCESSORS: Readonly<Record<string, (argument: string) => Make>> = {
  dedupe: () => dedupe,
  bufferAndFlush: (argument) => bufferAndFlush(timing(argument)),
  countAndForward: (argument) => countAndForward(timing(argument)),
  ticks: (argument) => ticks(timing(argument)),
  ticksFrom: (argument) => ticksFrom(timing(argument)),
  stamp:
    (n) =>
    ({ forward }) =>
    (record) =>
      forward({ ...record, value: `${str(record.value)}@${record.timestamp}`, timestamp: record.timestamp + Number(n) }),
  clock:
    () =>
    ({ context, forward }) =>
    (record) =>
      forward({ ...record, value: `${str(record.value)}@${context.streamTime}/${context.wallClock}` }),
  header:
    (name) =>
    ({ forward }) =>
    (record) => {
      record.headers.push([name, Buffer.from(str(record.value))])
      return forward(record)
    },
  put: () => (tools) => {
    const store = keyValue(tools)
    return (record) => {
      if (record.key !== null) store.put(record.key, record.value)
      return tools.forward(record)
    }
  },
  lookup: () => (tools) => {
    const store = keyValue(tools)
    return (record) => {
      const found = record.key === null ? null : (store.get(record.key) ?? null)
      return tools.forward({ ...record, value: `${str(record.value)}?${str(found)}` })
    }
  },
  range: (argument) => range(argument),
  windowRecent: (n) => windowRecent(Number(n)),
  sessionPut: (n) => sessionPut(Number(n)),
}

export function processor(spec: string): Make {
  return lookup('processor', PROCESSORS, spec)
}

interface Timing {
  readonly by: 'stream-time' | 'wall-clock'
  readonly every: number
  /** The third argument. */
  readonly third: number | undefined
}

function timing(argument: string): Timing {
  const [type, every, third] = argument.split(':')
  const by = type === 'streamTime' ? 'stream-time' : 'wall-clock'
  return { by, every: Number(every), third: third === undefined ? undefined : Number(third) }
}

function keyValue({ context, store }: ProcessorTools): ProcessorKeyValueStore<TextKey, string> {
  return context.store<ProcessorKeyValueStore<TextKey, string>>(store)
}

const dedupe: Make = (tools) => {
  const store = keyValue(tools)
  return (record) => {
    const { key, value } = record
    if (key === null) return tools.forward(record)
    if (value === null) return store.delete(key) === undefined ? undefined : tools.forward(record)
    if (store.get(key) === value) return
    store.put(key, value)
    return tools.forward(record)
  }
}

function bufferAndFlush({ by, every }: Timing): Make {
  return (tools) => {
    const store = keyValue(tools)
    tools.context.schedule({ by, every }, async (timestamp) => {
      for (const [key, value] of await all(store.range())) {
        await tools.forward({ key, value, timestamp })
        store.delete(key)
      }
    })
    return ({ key, value }) => {
      if (key === null) return
      const before = store.get(key)
      store.put(key, before === undefined ? str(value) : `${before},${str(value)}`)
    }
  }
}

function countAndForward({ by, every }: Timing): Make {
  return (tools) => {
    const store = keyValue(tools)
    tools.context.schedule({ by, every }, async (timestamp) => {
      for (const [key, value] of await all(store.range())) await tools.forward({ key, value, timestamp })
    })
    return ({ key }) => {
      if (key !== null) store.put(key, String(wholeNumber(store.get(key) ?? '0') + 1))
    }
  }
}

function ticks({ by, every, third: most }: Timing): Make {
  return ({ context, forward }) => {
    let count = 0
    const schedule = context.schedule({ by, every }, (timestamp) => {
      count++
      if (count === most) schedule.cancel()
      const value = `${count}@${timestamp}/${context.streamTime}/${context.wallClock}`
      return forward({ key: 'tick', value, timestamp: Math.max(0, timestamp) })
    })
    return forward
  }
}

function ticksFrom({ by, every, third: startAt = 0 }: Timing): Make {
  return ({ context, forward }) => {
    let count = 0
    context.schedule({ by, every, startAt }, (timestamp) => {
      count++
      return forward({ key: 'tick', value: `${count}@${timestamp}`, timestamp: Math.max(0, timestamp) })
    })
    return forward
  }
}

function range(argument: string): Make {
  const [from = '', to = '', order] = argument.split(':')
  const direction = order === 'reverse' ? 'reverse' : 'forward'
  return (tools) => {
    const store = keyValue(tools)
    return async (record) => {
      if (record.key !== null) store.put(record.key, record.value)
      const found = await all(store.range(from, to, direction))
      await tools.forward({ ...record, value: found.map(([key, value]) => `${str(key)}=${value};`).join('') })
    }
  }
}

function windowRecent(back: number): Make {
  return ({ context, forward, store: name }) => {
    const store = context.store<ProcessorWindowStore<TextKey, string>>(name)
    return async (record) => {
      const { key, value, timestamp } = record
      if (key === null) return
      store.put(key, value, timestamp)
      const recent = await all(store.fetch(key, Math.max(0, timestamp - back), timestamp))
      await forward({ ...record, value: recent.map(([start, each]) => `${each}@${start};`).join('') })
    }
  }
}

function sessionPut(reach: number): Make {
  return ({ context, forward, store: name }) => {
    const store = context.store<ProcessorSessionStore<TextKey, string>>(name)
    return (record) => {
      const { key, value, timestamp } = record
      if (key === null) return
      store.put(key, value, timestamp, timestamp + (value?.length ?? 0))
      const found = store.findSessions(key, Math.max(0, timestamp - reach), timestamp + reach)
      const shown = found.map(({ start, end, value: each }) => `${render({ key, window: { start, end } })}=${each};`)
      return forward({ ...record, value: shown.join('') })
    }
  }
}

/** Fails for what another processor has put there. */
function wholeNumber(decimal: string): number {
  if (/^[+-]?\d+$/.test(decimal)) return Number(decimal)
  throw new Error(`"${decimal}" is no count`)
}

async function all<T>(entries: AsyncIterable<T>): Promise<readonly T[]> {
  const found: T[] = []
  for await (const entry of entries) found.push(entry)
  return found
}
