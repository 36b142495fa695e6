import type { SerdeFor } from '../serde/serde.ts'
import type { TypeProblem } from './type-problem.ts'

/** Whether a stream knows how its keys are written. `missing` after the type of the key changed without a serde. */
export type KeySerdeState = 'known' | 'missing'

/** The state after keys of type `Old` became keys of type `New`: the old serde serves when it can write the new ones. */
export type KeySerdeAfter<Old, New, State extends KeySerdeState> = [New] extends [Old | null | undefined] ? State : 'missing'

/** Refuses streams whose keys nobody can write. */
export type KnowsKeySerde<State extends KeySerdeState> = [State] extends ['known']
  ? unknown
  : TypeProblem<'The type of the key changed, and how the new keys are written is not known. Say it here or where the key changed: { key: int32() }'>

/**
 * Keys that the old serde can write: what a key selector may return where no new serde is given. (The message for other keys
 * stands beside it where it is used: the compiler prints the name of an alias, not what it says.)
 */
export type KeptKey<K, State extends KeySerdeState> = [State] extends ['known'] ? K : never

/** Says how keys are written. */
export interface KeyOption<K> {
  /** Default: the serde that the keys have already. */
  readonly key?: SerdeFor<K>
}

/** Says how keys are written, as it must be when their type changes: `{ key: int32() }`. */
export interface KeySerdeNeeded<K> {
  readonly key: SerdeFor<K>
}
