import { string, topology, type Topology } from '@millrace/core'

/** How often each word has been seen: the first program that everybody writes. */
export const wordcount: Topology = topology('wordcount', (t) => {
  t.stream('lines', { key: string(), value: string() })
    .flatMapValues((line) => line.toLowerCase().match(/\p{L}+/gu) ?? [])
    .groupBy((word) => word, { key: string() })
    .count({ as: 'words' })
    .toStream()
    .to('word-counts')
})
