import type { Encoded } from '../codec.ts'
import { CLEAN, type EntryState, NO_HEADERS } from '../cache/entry.ts'
import type { Headers } from '../stores/store.ts'
import type { Run } from './run.ts'

/**
 * One logical entry of a paged store: a window, a session, a version. Within its run it has a place in time, which `minor`
 * decides where `major` is the same.
 */
export class Slot<K, V> {
  readonly run: Run<K, V>
  readonly major: number
  readonly minor: number
  /** The page of the run that it is written to. */
  readonly page: number
  state: EntryState = CLEAN
  /** False: deleted, which the changelog or the listener has still to be told. */
  present = true
  /** Decoded when first asked for: see `decoded`. */
  value: V | undefined = undefined
  decoded = true
  timestamp = 0
  headers: Headers = NO_HEADERS
  /** The value at the last flush; undefined: there was none. */
  encoded: Encoded | undefined = undefined
  /** Of that value, while DIRTY. */
  flushedTimestamp = 0
  /** Neighbours in the list of slots that were written since the last flush, in order of last write. */
  before: Slot<K, V> | null = null
  after: Slot<K, V> | null = null

  constructor(run: Run<K, V>, major: number, minor: number, page: number) {
    this.run = run
    this.major = major
    this.minor = minor
    this.page = page
  }
}
