import { string, topology, type Topology } from '@millrace/core'

const WORDS = 'the quick brown fox jumps over the lazy dog and the dog sleeps'.split(' ')

/** Counts words through a repartition topic; without caching every update comes out. */
export function wordcount(lines: string, counts: string): Topology {
  return topology('wordcount', (t) => {
    t.stream(lines, { key: string(), value: string() })
      .groupBy((word) => word, { key: string() })
      .count({ as: 'counts', caching: false })
      .toStream()
      .mapValues((count) => String(count), { value: string() })
      .to(counts)
  })
}

export function words(count: number): readonly (readonly [key: string, word: string])[] {
  return Array.from({ length: count }, (_, i) => [`k${i}`, WORDS[i % WORDS.length] as string] as const)
}

/** The updates of each word, in order. */
export function tally(records: readonly (readonly [word: string, count: string])[]): Record<string, string[]> {
  const byWord: Record<string, string[]> = {}
  for (const [word, count] of records) (byWord[word] ??= []).push(count)
  return byWord
}

/** What the updates must be after so many words: each one counted up by one, without a gap or a repetition. */
export function expectedTally(total: number): Record<string, string[]> {
  const byWord: Record<string, string[]> = {}
  for (const [, word] of words(total)) {
    const counts = (byWord[word] ??= [])
    counts.push(String(counts.length + 1))
  }
  return byWord
}
