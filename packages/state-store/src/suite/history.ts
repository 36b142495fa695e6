import type * as FastCheck from 'fast-check'
import { type Subject, type SubjectFactory, withSubject } from './subject.ts'

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

/** What a history is run against: stores, and beside them what they should hold. */
interface Checked {
  open(): Promise<void>
  close(): Promise<void>
  /** Compares all that the stores hold. */
  checkAll(): Promise<void>
}

interface Setting {
  readonly cacheMaxBytes: number
  /** Look at everything after every step: finds what is wrong at once, but brings it all into the cache. */
  readonly watchful?: boolean
}

export interface Histories<S extends Checked, C extends Setting> {
  readonly steps: FastCheck.Arbitrary<Step<S>>
  /** Steps in a history. */
  readonly length: { readonly minLength?: number; readonly maxLength: number }
  readonly setting: FastCheck.Arbitrary<C>
  readonly over: (subject: Subject, setting: C) => S
}

/** Runs random histories, each in a random setting over a database of its own. */
export async function checkHistories<S extends Checked, C extends Setting>(
  fc: typeof FastCheck,
  factory: SubjectFactory,
  runs: number,
  { steps, length, setting, over }: Histories<S, C>,
): Promise<void> {
  await fc.assert(
    fc.asyncProperty(fc.array(steps, { ...length, size: 'max' }), setting, (history, chosen) =>
      withSubject(factory, async (subject) => {
        const checked = over(subject, chosen)
        await checked.open()
        for (const step of history) {
          await step(checked)
          if (chosen.watchful === true) await checked.checkAll()
        }
        await checked.checkAll()
        await checked.close()
      }),
    ),
    { numRuns: runs },
  )
}
