import type { TopicPartitionKey } from '../log/log.ts'

/**
 * A task's stream time travels with its input offsets, as in Kafka Streams (KAFKA-7994), so that it goes on where it was on
 * whichever process the task is opened next.
 */
export function streamTimeMetadata(streamTime: number): string {
  return JSON.stringify({ streamTime })
}

/** The stream time that was committed with the inputs of a task; -1: none. What others have written there says nothing. */
export function committedStreamTime(
  inputs: readonly TopicPartitionKey[],
  metadata: ReadonlyMap<TopicPartitionKey, string>,
): number {
  return Math.max(-1, ...inputs.map((input) => parse(metadata.get(input))))
}

function parse(text: string | undefined): number {
  const found = text === undefined ? null : /^\{"streamTime":(\d+)\}$/.exec(text)
  return found === null ? -1 : Number(found[1])
}
