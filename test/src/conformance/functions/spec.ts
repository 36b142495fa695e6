/** Splits `name:argument`: the argument is all after the first colon. */
export function parseSpec(spec: string): { readonly name: string; readonly argument: string } {
  const colon = spec.indexOf(':')
  return colon < 0 ? { name: spec, argument: '' } : { name: spec.slice(0, colon), argument: spec.slice(colon + 1) }
}

/** Looks a function up in its table. */
export function lookup<F>(kind: string, table: Readonly<Record<string, (argument: string) => F>>, spec: string): F {
  const { name, argument } = parseSpec(spec)
  const make = table[name]
  if (make === undefined) throw new Error(`FORMAT.md knows no ${kind} "${spec}"`)
  return make(argument)
}

/** "has x" of FORMAT.md: not null and contains x. */
export function has(value: string | null, part: string): boolean {
  return value?.includes(part) === true
}

/** What `throwIfHas` throws. */
export function fault(): never {
  throw new Error('Fault: throwIfHas')
}
