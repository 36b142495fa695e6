import { MillraceError } from '../../errors.ts'
import type { OffsetCommit, TopicPartition } from '../log.ts'
import type { Wire } from './connect/index.ts'
import { check, checkPartitions, ERROR, isBrokerError } from './errors.ts'
import { describe, offsetsToCommit } from './offset-commits.ts'
import {
  addOffsetsToTxnApi,
  addPartitionsToTxnApi,
  type Api,
  endTxnApi,
  initProducerIdApi,
  NO_PRODUCER,
  type ProducerIdentity,
  txnOffsetCommitApi,
} from './wire/index.ts'

/** The coordinator is still writing the markers of the last transaction, which takes a few ms: ask again soon. */
const PAUSE_MS = [2, 20] as const

/**
 * The requests of a transactional producer to its coordinator (KIP-98, KIP-360, KIP-447). It knows whether the coordinator has
 * something to end; what is sent, and when, is the writer's affair.
 */
export class TransactionClient {
  readonly #wire: Wire
  readonly #transactionalId: string
  readonly #timeoutMs: number
  #producer: ProducerIdentity = NO_PRODUCER
  #begun = false

  constructor(wire: Wire, transactionalId: string, timeoutMs: number) {
    this.#wire = wire
    this.#transactionalId = transactionalId
    this.#timeoutMs = timeoutMs
  }

  /** True when the coordinator has, or may have, an open transaction of ours. */
  get begun(): boolean {
    return this.#begun
  }

  /**
   * Takes the transactional id. The first time it fences every other producer of it and ends what that left open; later it only
   * goes on as long as nobody else has taken the id.
   * @throws {BrokerError} FENCED
   */
  async open(): Promise<ProducerIdentity> {
    const request = { transactionalId: this.#transactionalId, transactionTimeoutMs: this.#timeoutMs, current: this.#producer }
    this.#producer = await this.#retry('InitProducerId', async (what) => {
      const { error, producerId, epoch } = await this.#send(initProducerIdApi, request)
      check(error, what)
      return { producerId, epoch }
    })
    this.#begun = false
    return this.#producer
  }

  /** Makes partitions part of the transaction, before anything is produced to them. */
  async addPartitions(partitions: readonly TopicPartition[]): Promise<void> {
    this.#begun = true
    await this.#retry('AddPartitionsToTxn', async (what) => {
      const outcome = await this.#send(addPartitionsToTxnApi, { ...this.#names(), partitions })
      // OPERATION_NOT_ATTEMPTED says only that another partition has the real error.
      checkPartitions(
        outcome.filter(({ error }) => error !== ERROR.operationNotAttempted),
        `${what} for`,
      )
    })
  }

  /** Makes offsets part of the transaction, fenced by the generation of the group. */
  async addOffsets(commit: OffsetCommit): Promise<void> {
    const { identity } = commit
    this.#begun = true
    await this.#retry('AddOffsetsToTxn', async (what) => {
      check(
        await this.#send(addOffsetsToTxnApi, { ...this.#names(), group: identity.group }),
        `${what} for group ${identity.group}`,
      )
    })
    const request = { ...this.#names(), identity, offsets: offsetsToCommit(commit) }
    await this.#retry('TxnOffsetCommit', async () => {
      const outcome = await this.#wire.sendToCoordinator('group', identity.group, txnOffsetCommitApi, request)
      checkPartitions(outcome, `TxnOffsetCommit of ${describe(identity)} for`)
    })
  }

  /** Asking again after a lost answer is safe: the coordinator gives the same answer. */
  async end(commit: boolean, timeoutMs?: number): Promise<void> {
    const attempt = async (what: string): Promise<void> => {
      check(await this.#send(endTxnApi, { ...this.#names(), commit }), `${what} (${commit ? 'commit' : 'abort'})`)
    }
    await this.#retry('EndTxn', attempt, timeoutMs)
    this.#begun = false
  }

  /**
   * Ends whatever state the transaction is in, for good: afterwards it is either committed as a whole (when only the answer
   * was lost) or gone, and nothing that is still on its way counts.
   * @throws {BrokerError} FENCED
   */
  async resolve(): Promise<ProducerIdentity> {
    if (this.#begun) {
      try {
        await this.end(false)
      } catch (error) {
        // There is nothing to abort, or the coordinator has raised the epoch: taking the id tells.
        if (!isBrokerError(error, ERROR.invalidTxnState, ERROR.invalidProducerEpoch, ERROR.producerFenced)) throw error
      }
    }
    return await this.open()
  }

  #names(): { readonly transactionalId: string; readonly producer: ProducerIdentity } {
    return { transactionalId: this.#transactionalId, producer: this.#producer }
  }

  #send<Request, Response>(api: Api<Request, Response>, request: Request): Promise<Response> {
    return this.#wire.sendToCoordinator('transaction', this.#transactionalId, api, request)
  }

  async #retry<T>(api: string, attempt: (what: string) => Promise<T>, timeoutMs?: number): Promise<T> {
    const what = `${api} of ${this.#transactionalId}`
    const patience = timeoutMs === undefined ? {} : { timeoutMs }
    return await this.#wire.retry(what, () => attempt(what), { pauseMs: PAUSE_MS, ...patience })
  }
}

/** Identity of a producer without transactions. */
export async function openIdempotent(wire: Wire): Promise<ProducerIdentity> {
  const request = { transactionalId: null, transactionTimeoutMs: 60_000, current: NO_PRODUCER }
  return await wire.retry('InitProducerId', async () => {
    const { error, producerId, epoch } = await wire.sendToAny(initProducerIdApi, request)
    check(error, 'InitProducerId')
    if (producerId < 0) throw new MillraceError('BROKER_REFUSED', 'InitProducerId: the broker gave no producer id.')
    return { producerId, epoch }
  })
}
