/** What the users' functions take and return: the DSL's types have checked it, plan and operators hand it on. */
// oxlint-disable-next-line typescript/no-explicit-any
export type Any = any
