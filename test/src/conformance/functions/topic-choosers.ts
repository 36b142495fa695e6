import { type Key, str, type Value } from '../text.ts'
import { lookup } from './spec.ts'

export type TopicChooser = (key: Key, value: Value) => string

const TOPIC_CHOOSERS: Readonly<Record<string, (argument: string) => TopicChooser>> = {
  byFirst: (p) => (_k, v) => p + (v === null ? 'null' : v.slice(0, 1) || 'empty'),
  byKey: (p) => (k) => p + str(k),
}

export function topicChooser(spec: string): TopicChooser {
  return lookup('topic chooser', TOPIC_CHOOSERS, spec)
}
