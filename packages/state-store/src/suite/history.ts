import type * as FastCheck from 'fast-check'

/** One step of a random history, which prints as what it does. */
export type Step<S> = (subject: S) => unknown

interface Weighted<S> {
  readonly weight: number
  readonly arbitrary: FastCheck.Arbitrary<Step<S>>
}

type Arbitraries<A extends unknown[]> = { [I in keyof A]: FastCheck.Arbitrary<A[I]> }

type StepMaker<S> = <A extends unknown[]>(
  weight: number,
  name: string,
  run: (subject: S, ...values: A) => unknown,
  ...values: Arbitraries<A>
) => Weighted<S>

/** Makes steps of random arguments. */
export function stepsOf<S>(fc: typeof FastCheck): StepMaker<S> {
  return <A extends unknown[]>(
    weight: number,
    name: string,
    run: (subject: S, ...values: A) => unknown,
    ...values: Arbitraries<A>
  ): Weighted<S> => ({
    weight,
    arbitrary: fc.tuple(...values).map((chosen) => {
      const named: Step<S> = (subject) => run(subject, ...(chosen as A))
      return Object.assign(named, {
        [fc.toStringMethod]: () => `${name}(${chosen.map((value) => JSON.stringify(value)).join(', ')})`,
      })
    }),
  })
}
