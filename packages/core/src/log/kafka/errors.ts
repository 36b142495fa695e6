import { type ErrorLocation, MillraceError, type MillraceErrorCode } from '../../errors.ts'

/** What can be done about an error of the broker before the same request is sent again. */
export type Recovery =
  /** Nothing helps: the request is refused. */
  | 'none'
  /** Wait a little. */
  | 'wait'
  /** Somebody else leads the partition now: read the metadata again. */
  | 'metadata'
  /** Somebody else coordinates the group or the transaction now: find the coordinator again. */
  | 'coordinator'

interface BrokerErrorKind {
  readonly name: string
  readonly recovery: Recovery
  /** What it means for us when it can't be recovered from. */
  readonly code: MillraceErrorCode
  /** What to do about it. */
  readonly advice?: string
}

/** Numbers of the errors that we treat in a way of their own (https://kafka.apache.org/protocol, "Error Codes"). */
export const ERROR = {
  offsetOutOfRange: 1,
  unknownTopicOrPartition: 3,
  leaderNotAvailable: 5,
  messageTooLarge: 10,
  illegalGeneration: 22,
  unknownMember: 25,
  rebalanceInProgress: 27,
  topicAlreadyExists: 36,
  invalidProducerEpoch: 47,
  invalidTxnState: 48,
  operationNotAttempted: 55,
  memberIdRequired: 79,
  fencedInstance: 82,
  producerFenced: 90,
} as const

const KINDS: Readonly<Record<number, BrokerErrorKind>> = {
  1: kind('OFFSET_OUT_OF_RANGE', 'none', 'OFFSET_OUT_OF_RANGE'),
  2: kind('CORRUPT_MESSAGE', 'none', 'LOG_CORRUPT', 'Check the disk of the broker that leads the partition.'),
  3: kind('UNKNOWN_TOPIC_OR_PARTITION', 'metadata', 'TOPIC_MISSING', 'Create the topic, or check its name.'),
  5: kind('LEADER_NOT_AVAILABLE', 'metadata', 'BROKER_UNREACHABLE'),
  6: kind('NOT_LEADER_OR_FOLLOWER', 'metadata', 'BROKER_UNREACHABLE'),
  7: kind('REQUEST_TIMED_OUT', 'wait', 'BROKER_UNREACHABLE'),
  8: kind('BROKER_NOT_AVAILABLE', 'metadata', 'BROKER_UNREACHABLE'),
  9: kind('REPLICA_NOT_AVAILABLE', 'metadata', 'BROKER_UNREACHABLE'),
  10: kind('MESSAGE_TOO_LARGE', 'none', 'RECORD_TOO_LARGE', "Raise the topic's max.message.bytes, or make the records smaller."),
  13: kind('NETWORK_EXCEPTION', 'metadata', 'BROKER_UNREACHABLE'),
  14: kind('COORDINATOR_LOAD_IN_PROGRESS', 'wait', 'BROKER_UNREACHABLE'),
  15: kind('COORDINATOR_NOT_AVAILABLE', 'coordinator', 'BROKER_UNREACHABLE'),
  16: kind('NOT_COORDINATOR', 'coordinator', 'BROKER_UNREACHABLE'),
  17: kind(
    'INVALID_TOPIC_EXCEPTION',
    'none',
    'CONFIG_INVALID',
    'Topic names have up to 249 letters, digits, dots, underscores and hyphens.',
  ),
  18: kind(
    'RECORD_LIST_TOO_LARGE',
    'none',
    'RECORD_TOO_LARGE',
    "Raise the topic's max.message.bytes, or make the records smaller.",
  ),
  19: kind(
    'NOT_ENOUGH_REPLICAS',
    'wait',
    'BROKER_REFUSED',
    'Fewer replicas are in sync than min.insync.replicas asks for: check the brokers.',
  ),
  20: kind(
    'NOT_ENOUGH_REPLICAS_AFTER_APPEND',
    'wait',
    'BROKER_REFUSED',
    'Fewer replicas are in sync than min.insync.replicas asks for: check the brokers.',
  ),
  22: kind('ILLEGAL_GENERATION', 'none', 'NOT_A_MEMBER', 'The group went on without this member; it joins again.'),
  23: kind(
    'INCONSISTENT_GROUP_PROTOCOL',
    'none',
    'CONFIG_INVALID',
    'Consumers of another kind are in the group: choose an application id that nobody else uses.',
  ),
  24: kind('INVALID_GROUP_ID', 'none', 'CONFIG_INVALID'),
  25: kind('UNKNOWN_MEMBER_ID', 'none', 'NOT_A_MEMBER', 'The group went on without this member; it joins again.'),
  26: kind(
    'INVALID_SESSION_TIMEOUT',
    'none',
    'CONFIG_INVALID',
    'Stay between group.min.session.timeout.ms and group.max.session.timeout.ms of the brokers.',
  ),
  27: kind('REBALANCE_IN_PROGRESS', 'none', 'REBALANCE_IN_PROGRESS'),
  28: kind('INVALID_COMMIT_OFFSET_SIZE', 'none', 'BROKER_REFUSED'),
  29: kind('TOPIC_AUTHORIZATION_FAILED', 'none', 'BROKER_REFUSED', 'Give this client rights to the topic (kafka-acls).'),
  30: kind('GROUP_AUTHORIZATION_FAILED', 'none', 'BROKER_REFUSED', 'Give this client rights to the group (kafka-acls).'),
  31: kind('CLUSTER_AUTHORIZATION_FAILED', 'none', 'BROKER_REFUSED', 'Give this client rights to the cluster (kafka-acls).'),
  32: kind(
    'INVALID_TIMESTAMP',
    'none',
    'RECORD_INVALID',
    "The record's time is further from the broker's clock than message.timestamp.after.max.ms or before.max.ms of the topic allow.",
  ),
  35: kind('UNSUPPORTED_VERSION', 'none', 'BROKER_TOO_OLD', 'Kafka 2.5 or newer is needed.'),
  36: kind('TOPIC_ALREADY_EXISTS', 'none', 'TOPIC_MISMATCH'),
  37: kind('INVALID_PARTITIONS', 'none', 'CONFIG_INVALID'),
  38: kind('INVALID_REPLICATION_FACTOR', 'none', 'CONFIG_INVALID', 'Ask for no more replicas than there are brokers.'),
  40: kind('INVALID_CONFIG', 'none', 'CONFIG_INVALID'),
  41: kind('NOT_CONTROLLER', 'metadata', 'BROKER_UNREACHABLE'),
  42: kind('INVALID_REQUEST', 'none', 'BROKER_REFUSED'),
  44: kind('POLICY_VIOLATION', 'none', 'BROKER_REFUSED'),
  45: kind('OUT_OF_ORDER_SEQUENCE_NUMBER', 'none', 'TRANSACTION_ABORTED'),
  46: kind('DUPLICATE_SEQUENCE_NUMBER', 'none', 'TRANSACTION_ABORTED'),
  47: kind('INVALID_PRODUCER_EPOCH', 'none', 'FENCED'),
  48: kind('INVALID_TXN_STATE', 'none', 'TRANSACTION_ABORTED'),
  49: kind('INVALID_PRODUCER_ID_MAPPING', 'none', 'TRANSACTION_ABORTED'),
  50: kind('INVALID_TRANSACTION_TIMEOUT', 'none', 'CONFIG_INVALID', 'Stay below transaction.max.timeout.ms of the brokers.'),
  51: kind('CONCURRENT_TRANSACTIONS', 'wait', 'BROKER_UNREACHABLE'),
  53: kind(
    'TRANSACTIONAL_ID_AUTHORIZATION_FAILED',
    'none',
    'BROKER_REFUSED',
    'Give this client rights to the transactional id (kafka-acls).',
  ),
  56: kind('KAFKA_STORAGE_ERROR', 'metadata', 'BROKER_UNREACHABLE'),
  58: kind('SASL_AUTHENTICATION_FAILED', 'none', 'BROKER_REFUSED', 'Check user name, password and mechanism.'),
  59: kind('UNKNOWN_PRODUCER_ID', 'none', 'TRANSACTION_ABORTED'),
  72: kind('LISTENER_NOT_FOUND', 'metadata', 'BROKER_UNREACHABLE'),
  74: kind('FENCED_LEADER_EPOCH', 'metadata', 'BROKER_UNREACHABLE'),
  75: kind('UNKNOWN_LEADER_EPOCH', 'metadata', 'BROKER_UNREACHABLE'),
  78: kind('OFFSET_NOT_AVAILABLE', 'wait', 'BROKER_UNREACHABLE'),
  79: kind('MEMBER_ID_REQUIRED', 'none', 'NOT_A_MEMBER'),
  82: kind('FENCED_INSTANCE_ID', 'none', 'FENCED', 'Another process has taken the instance id: give each process its own.'),
  87: kind('INVALID_RECORD', 'none', 'RECORD_INVALID', 'A compacted topic takes no records without a key.'),
  88: kind('UNSTABLE_OFFSET_COMMIT', 'wait', 'BROKER_UNREACHABLE', 'A transaction on these offsets stays open: find its owner.'),
  89: kind('THROTTLING_QUOTA_EXCEEDED', 'wait', 'BROKER_REFUSED'),
  90: kind('PRODUCER_FENCED', 'none', 'FENCED', 'Another process has taken the transactional id.'),
}

function kind(name: string, recovery: Recovery, code: MillraceErrorCode, advice?: string): BrokerErrorKind {
  return advice === undefined ? { name, recovery, code } : { name, recovery, code, advice }
}

/** An error code that a broker answered with. Retriable when waiting or asking another broker may help. */
export class BrokerError extends MillraceError {
  readonly number: number
  readonly recovery: Recovery

  /** @param what what was asked, and of what: `Produce to orders/3` */
  constructor(number: number, what: string, location: ErrorLocation = {}, detail: string | null = null) {
    const { name, recovery, code, advice } = KINDS[number] ?? kind(`error ${number}`, 'none', 'BROKER_REFUSED')
    const reason = detail === null ? '' : ` (${detail})`
    const step = advice === undefined ? '' : ` ${advice}`
    super(code, `${what}: the broker answered ${name}${reason}.${step}`, { location, retriable: recovery !== 'none' })
    this.number = number
    this.recovery = recovery
  }
}

/** No connection, or the one that there was broke before the answer came: the request may or may not have been carried out. */
export class ConnectionError extends MillraceError {
  readonly address: string

  constructor(address: string, reason: string, cause?: unknown) {
    super('BROKER_UNREACHABLE', `Broker ${address}: ${reason}.`, { cause, retriable: true })
    this.address = address
  }
}

/** What was thrown, as an error in any case. */
export function asError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown))
}

/** Throws when the number is that of an error. */
export function check(error: number, what: string, location?: ErrorLocation): void {
  if (error !== 0) throw new BrokerError(error, what, location)
}

/** Throws the first error among partitions, a final one before one that can be retried. */
export function checkPartitions(
  outcomes: Iterable<{ readonly topic: string; readonly partition: number; readonly error: number }>,
  what: string,
): void {
  let retriable: BrokerError | null = null
  for (const { topic, partition, error } of outcomes) {
    if (error === 0) continue
    const failure = new BrokerError(error, `${what} ${topic}/${partition}`, { topic, partition })
    if (!failure.retriable) throw failure
    retriable ??= failure
  }
  if (retriable !== null) throw retriable
}

/** True when the error is this answer of a broker. */
export function isBrokerError(error: unknown, ...numbers: readonly number[]): boolean {
  return error instanceof BrokerError && numbers.includes(error.number)
}
