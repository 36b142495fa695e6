/** A compile-time error that says what is wrong: nothing can be assigned to it (after kysely's KyselyTypeError). */
export interface TypeProblem<Message extends string> {
  readonly problem: Message
}
