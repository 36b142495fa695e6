import { gunzipSync, zstdDecompressSync } from 'node:zlib'
import { MillraceError } from '../../errors.ts'
import type { TopicPartition } from '../log.ts'

/** Names of the codecs by their number in a batch's attributes (Kafka protocol, "Record Batch"). */
const CODECS: readonly string[] = ['none', 'gzip', 'snappy', 'lz4', 'zstd']

/** The records of a compressed batch. @throws {MillraceError} BROKER_REFUSED for another codec, LOG_CORRUPT for damaged bytes */
export function decompress(codec: number, bytes: Buffer, offset: number, source: TopicPartition | undefined): Buffer {
  const where = source === undefined ? `offset ${offset}` : `${source.topic}/${source.partition} offset ${offset}`
  const name = CODECS[codec] ?? `codec ${codec}`
  try {
    if (name === 'gzip') return gunzipSync(bytes)
    if (name === 'zstd') return zstdDecompressSync(bytes)
  } catch (cause) {
    throw new MillraceError('LOG_CORRUPT', `The batch at ${where} does not decompress as ${name}, which its header names.`, {
      cause,
      location: { ...source, offset },
    })
  }
  throw new MillraceError(
    'BROKER_REFUSED',
    `The batch at ${where} is compressed with ${name}, which is not supported: gzip and zstd are. Set the topic's ` +
      'compression.type to gzip, zstd or uncompressed, or change the compression.type of its producers.',
    { location: { ...source, offset } },
  )
}
