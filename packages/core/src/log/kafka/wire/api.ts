import type { Reader } from './reader.ts'
import type { Writer } from './writer.ts'

/**
 * One request of the Kafka protocol at the one version that we speak (https://kafka.apache.org/protocol). Versions are chosen
 * so that every broker from 2.5 to 4.x has them.
 */
export interface Api<Request, Response> {
  readonly key: number
  readonly version: number
  readonly name: string
  /** From this version on the API has tagged fields, in its headers too (KIP-482). */
  readonly flexible?: boolean
  encode(writer: Writer, request: Request): void
  decode(reader: Reader): Response
}

/** Outcome for one partition; 0 is success. */
export interface PartitionError {
  readonly topic: string
  readonly partition: number
  readonly error: number
}
