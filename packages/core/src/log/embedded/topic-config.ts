import { MillraceError } from '../../errors.ts'
import type { TopicSpec } from '../log.ts'

/** What the embedded log does with a topic, read from its configuration. Names and defaults are Kafka's unless said otherwise. */
export interface TopicSettings {
  readonly compact: boolean
  readonly delete: boolean
  /** Age of a batch's newest record at which it goes, ms; Infinity keeps forever. */
  readonly retentionMs: number
  readonly retentionBytes: number
  /** Age at which a compacted tombstone goes, ms. */
  readonly deleteRetentionMs: number
  readonly minCleanableDirtyRatio: number
  /** A partition is looked at by retention and compaction each time it has grown by this. Default 4 MiB (Kafka: 1 GiB). */
  readonly segmentBytes: number
  readonly maxMessageBytes: number
}

/** The configuration of a new topic by Kafka's names, defaults filled in. */
export function topicConfig(spec: TopicSpec): Readonly<Record<string, string>> {
  return {
    'retention.ms': String(spec.retentionMs ?? 7 * 24 * 3600 * 1000),
    'retention.bytes': String(spec.retentionBytes ?? -1),
    'delete.retention.ms': String(24 * 3600 * 1000),
    'min.cleanable.dirty.ratio': '0.5',
    'segment.bytes': String(4 * 1024 * 1024),
    'max.message.bytes': String(1024 * 1024 + 12),
    ...spec.config,
    'cleanup.policy': spec.cleanup,
  }
}

/** @throws {MillraceError} CONFIG_INVALID when a number is none */
export function topicSettings(topic: string, config: Readonly<Record<string, string>>): TopicSettings {
  const number = (name: string): number => {
    const value = Number(config[name])
    if (Number.isNaN(value)) {
      throw new MillraceError('CONFIG_INVALID', `Topic ${topic}: ${name} must be a number, got "${config[name]}".`, {
        location: { topic },
      })
    }
    return value
  }
  const forever = (value: number): number => (value < 0 ? Number.POSITIVE_INFINITY : value)
  const policies = (config['cleanup.policy'] ?? 'delete').split(',').map((policy) => policy.trim())
  return {
    compact: policies.includes('compact'),
    delete: policies.includes('delete'),
    retentionMs: forever(number('retention.ms')),
    retentionBytes: forever(number('retention.bytes')),
    deleteRetentionMs: number('delete.retention.ms'),
    minCleanableDirtyRatio: number('min.cleanable.dirty.ratio'),
    segmentBytes: number('segment.bytes'),
    maxMessageBytes: number('max.message.bytes'),
  }
}
