import { Reader, Writer } from './wire/index.ts'

/*
 * The formats of a consumer group's metadata (org.apache.kafka.clients.consumer.internals.ConsumerProtocol, KIP-429). The
 * coordinator reads the subscription: with other bytes JoinGroup never answers. What we have to say is in the user data.
 */

const VERSION = 1

/** ConsumerProtocolSubscription: the topics are for tools that show groups. */
export function encodeSubscription(topics: readonly string[], userData: Uint8Array): Buffer {
  const writer = new Writer()
  writer
    .int16(VERSION)
    .array(topics, (topic) => writer.string(topic))
    .bytes(userData)
  writer.int32(0) // owned partitions: for Kafka's own assignors
  return Buffer.concat(writer.finish())
}

export function subscriptionUserData(subscription: Buffer): Buffer {
  const reader = new Reader(subscription)
  reader.int16() // version
  reader.array(() => reader.string()) // topics
  return reader.bytes()
}

/** ConsumerProtocolAssignment, without partitions of its own. */
export function encodeAssignment(userData: Uint8Array): Buffer {
  const writer = new Writer()
  writer.int16(VERSION).int32(0).bytes(userData)
  return Buffer.concat(writer.finish())
}

export function assignmentUserData(assignment: Buffer): Buffer {
  if (assignment.length === 0) return assignment
  const reader = new Reader(assignment)
  reader.int16() // version
  reader.topics(() => reader.int32()) // partitions
  return reader.bytes()
}
