import type { Serde, SerdeFor } from '../serde/serde.ts'
import type { Any } from '../plan/nodes/node.ts'

/** Whether a stream knows how its keys are written. `missing` after the type of the key changed without a serde. */
export type KeySerdeState = 'known' | 'missing'

/** The state after keys of type `Old` became keys of type `New`: the old serde serves when it can write the new ones. */
export type KeySerdeAfter<Old, New, State extends KeySerdeState> = [New] extends [Old] ? State : 'missing'

/**
 * The options of an operator that writes keys. When the serde of the keys is not known (the type of the key changed), then
 * they must say it: `{ key: int32() }`.
 */
export type OptionsWithKey<Options, K, State extends KeySerdeState> = State extends 'known'
  ? [options?: Options & KeyOption<K>]
  : [theTypeOfTheKeyChangedSoGiveItsSerde: Options & KeySerdeNeeded<K>]

/** Says how keys are written. */
export interface KeyOption<K> {
  /** Default: the serde that the keys have already. */
  readonly key?: SerdeFor<K>
}

/** The type of the key changed, so its serde must be said: `{ key: int32() }`. */
export interface KeySerdeNeeded<K> {
  readonly key: SerdeFor<K>
}

/** A serde that can write every key of the stream, as plan nodes hold it. */
export function eraseSerde(serde: SerdeFor<Any>): Serde<Any> {
  return serde
}
