import { keyValueStore, sessionStore, type StoreBuilder, windowStore } from '@millrace/core'
import type { ScenarioNode } from './scenario.ts'
import { plainText, text, type TextKey } from './text.ts'
import { Unsupported } from './unsupported.ts'

/** The store of a `store` node. */
export function plainStore(node: ScenarioNode, caching: boolean): StoreBuilder<string, TextKey, string> {
  const { store: name = '', kind = 'kv', retention = 0, size = 0, duplicates = false } = node
  const options = { key: text, value: plainText, caching }
  if (kind === 'kv') return keyValueStore(name, options)
  if (kind === 'window') return windowStore(name, { ...options, retention, size, duplicates })
  if (kind === 'session') return sessionStore(name, { ...options, retention })
  throw new Unsupported(`${kind} store`)
}
