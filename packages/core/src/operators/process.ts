import type { Headers, Pending } from '@millrace/state-store'
import { MillraceError } from '../errors.ts'
import type { ProcessNode, ProcessValuesNode } from '../plan/nodes/node.ts'
import type { OutgoingRecord, Processor, ProcessorContext, ProcessorRecord } from '../plan/processor.ts'
import { fanOutStream } from './fan-out.ts'
import type { StreamReceiver } from './operator.ts'
import type { OperatorScope } from './operator-scope.ts'
import { UserCodeContext } from './user-code-context.ts'
import { eventTime } from './write-record.ts'

/** An operator after a processor, which may be named when it forwards. */
export interface NamedReceiver {
  readonly id: string
  readonly receiver: StreamReceiver<unknown, unknown>
}

type Incoming = ProcessorRecord<unknown, unknown>

/**
 * `process` and `processValues`: the user's own code. What it forwards goes through all descendants before `forward` returns,
 * or, when one of them has to scan, before the promise resolves; then later forwards wait their turn, so that order stays
 * depth-first even if the user does not await.
 */
export class Process
  extends UserCodeContext<string>
  implements StreamReceiver<unknown, unknown>, ProcessorContext<unknown, unknown>
{
  readonly #keepsKeys: boolean
  readonly #all: StreamReceiver<unknown, unknown>
  readonly #children: readonly NamedReceiver[]
  readonly #processor: Processor<unknown, unknown>
  /** The record being processed; null in a punctuation; undefined between them. */
  #input: Incoming | null | undefined
  #timestamp = 0
  /** The last forward that had to wait. */
  #unfinished: Promise<void> | undefined

  constructor(node: ProcessNode | ProcessValuesNode, scope: OperatorScope, children: readonly NamedReceiver[]) {
    super(node.id, node.stores, scope)
    this.#keepsKeys = node.kind === 'process-values'
    this.#children = children
    this.#all = fanOutStream(children.map(({ receiver }) => receiver))
    scope.record.operator = node.id
    const made = node.supplier(this)
    this.#processor = typeof made === 'function' ? { process: made } : made
    scope.onClose.push(() => this.#processor.close?.())
  }

  process(key: unknown, value: unknown, timestamp: number, headers: Headers): Pending {
    // The record that the parent forwards is one object for all its children (see OwnHeaders), but not where keys are kept.
    const input = { key, value, timestamp, headers: this.#keepsKeys ? headers.slice() : headers } as Incoming
    this.scope.record.enter(this.nodeId, timestamp, input.headers)
    this.#input = input
    this.#timestamp = timestamp
    return this.#end(this.#processor.process(input))
  }

  forward(record: OutgoingRecord<unknown, unknown>, child?: string): Pending {
    const input = this.#input
    const key = this.#keepsKeys ? this.#inputKey(input) : (record.key ?? null)
    if (input === undefined) throw this.#outside()
    const timestamp = record.timestamp === undefined ? this.#timestamp : eventTime(record.timestamp)
    const same = record === input && !this.#keepsKeys
    const headers = same ? input.headers : [...(record.headers ?? input?.headers ?? [])]
    const to = child === undefined ? this.#all : this.#named(child)
    const value = record.value ?? null
    const before = this.#unfinished
    const pending =
      before === undefined
        ? to.process(key, value, timestamp, headers)
        : before.then(() => to.process(key, value, timestamp, headers))
    if (pending === undefined) return this.#resume()
    const unfinished = pending.then(() => {
      if (this.#unfinished === unfinished) this.#unfinished = undefined
      this.#resume()
    })
    // Awaited by `#settle`; the user may await it or not.
    unfinished.catch(() => undefined)
    this.#unfinished = unfinished
    return unfinished
  }

  protected override beginPunctuation(timestamp: number): void {
    super.beginPunctuation(timestamp)
    this.#input = null
    this.#timestamp = timestamp
  }

  protected override endPunctuation(result: Pending): Pending {
    return this.#end(result)
  }

  /** The user's code goes on: from here on it is to blame again. */
  #resume(): void {
    this.scope.record.enter(this.nodeId, this.#timestamp, this.#input?.headers ?? [])
  }

  #end(result: Pending): Pending {
    if (result !== undefined || this.#unfinished !== undefined) return this.#settle(result)
    this.#input = undefined
  }

  async #settle(result: Pending): Promise<void> {
    await result
    while (this.#unfinished !== undefined) await this.#unfinished
    this.#input = undefined
  }

  #named(name: string): StreamReceiver<unknown, unknown> {
    const found = this.#children.find(({ id }) => id === name || id.endsWith(`/${name}`))
    if (found !== undefined) return found.receiver
    const known = this.#children.map(({ id }) => id).join(', ') || 'none'
    throw new MillraceError(
      'TOPOLOGY_INVALID',
      `"${this.nodeId}" forwards to "${name}", but no operator of that name comes after it (there are: ${known}). Name the operator: { name: '${name}' }`,
      { location: { operator: this.nodeId } },
    )
  }

  #inputKey(input: Incoming | null | undefined): unknown {
    if (input) return input.key
    throw input === undefined
      ? this.#outside()
      : new Error('processValues has no key to forward with in a punctuation: use process')
  }

  #outside(): Error {
    return new Error(
      'forward() was called when no record was being processed: return (or await) the promise of all that the processor does',
    )
  }
}
