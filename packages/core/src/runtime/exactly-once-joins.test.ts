import { existsSync } from 'node:fs'
import { cp, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterEach, describe, expect, it } from 'vitest'
import { TopologyTestDriver } from '../testing/index.ts'
import { createApp } from './app.ts'
import { FaultyLog } from './test-support/faulty-log.ts'
import { GRACE, JOIN_PROGRAMS, type JoinInput, type JoinProgram, PARTITIONS, TEXT } from './test-support/join-programs.ts'
import { Lab } from './test-support/lab.ts'

interface Timed extends JoinInput {
  readonly timestamp: number
}

interface Death {
  /** Commits that succeed before it. */
  readonly after: number
  /** Of the commit that it interrupts the log has nothing, or everything and no database anything. */
  readonly when: 'before' | 'after'
  /** Places of the databases that have nothing of all that, as after a power cut; the others are as they were left. Or none is there. */
  readonly behind: 'all lost' | readonly number[]
}

interface Round {
  readonly inputs: readonly JoinInput[]
  readonly deaths: readonly Death[]
}

const roundsOf = ({ inputs, commits }: JoinProgram): fc.Arbitrary<readonly Round[]> => {
  const death = (after: fc.Arbitrary<number>): fc.Arbitrary<Death> =>
    fc.record({
      after,
      when: fc.constantFrom('before', 'after'),
      behind: fc.oneof(fc.constant([]), fc.uniqueArray(fc.nat(11)), fc.constant('all lost' as const)),
    })
  // In the first commit there is always something to die in, if there is any input.
  const [inTheFirst, later] = [death(fc.constant(0)), death(fc.nat(commits))]
  const deaths = fc.oneof(fc.tuple(inTheFirst), fc.tuple(later, inTheFirst), fc.tuple(inTheFirst, later))
  return fc.array(fc.record({ inputs, deaths }), { minLength: 1, maxLength: 3 })
}

// The law: whichever commits a process dies in, what comes out in the end is what one run without a death gives, with the same
// timestamps. All records of a round are there before the app starts, and it is started until they are processed: so what each
// of them meets does not hang on how fast anything is. (Of cached tables only the last change of each row is the same: what is
// merged depends on the commits.)
describe('exactly-once joins', { timeout: 60_000 }, () => {
  let lab: Lab | undefined

  afterEach(() => lab?.close())

  it.each(JOIN_PROGRAMS)('of $name say the same, whichever commits a process dies in', async (program) => {
    let died = 0
    await fc.assert(
      fc.asyncProperty(roundsOf(program), async (rounds) => {
        await lab?.close()
        lab = await Lab.open()
        const mortal = await MortalProcess.of(program, lab)
        const records = timed(rounds)
        for (const [i, { deaths }] of rounds.entries()) {
          await mortal.produce(records[i] ?? [])
          for (const death of deaths) if (await mortal.dies(death)) died++
          await mortal.finishes()
        }
        await mortal.produce(program.last ?? [])
        await mortal.finishes()
        const expected = await withoutDeaths(program, [...records.flat(), ...(program.last ?? [])])
        expect(comparable(await lab.read('out'), program)).toEqual(expected)
      }),
      { numRuns: 5, endOnFailure: true },
    )
    expect(died).toBeGreaterThan(0)
  })
})

class MortalProcess {
  readonly #program: JoinProgram
  readonly #lab: Lab
  readonly #log: FaultyLog

  static async of(program: JoinProgram, lab: Lab): Promise<MortalProcess> {
    await lab.topics('out')
    await lab.log.admin.createTopics(
      ['left', 'right'].map((topic) => ({ topic, partitions: PARTITIONS, cleanup: 'compact', retentionMs: -1 })),
    )
    return new MortalProcess(program, lab)
  }

  private constructor(program: JoinProgram, lab: Lab) {
    this.#program = program
    this.#lab = lab
    this.#log = new FaultyLog(lab.log)
  }

  async produce(records: readonly Timed[]): Promise<void> {
    for (const [topic, ofTopic] of Map.groupBy(records, (record) => record.topic)) {
      await this.#lab.produce(
        topic,
        ofTopic.map(({ key, value, timestamp }) => [key, value, timestamp]),
      )
    }
  }

  /** False when it had done all of its work before it could die. */
  async dies({ after, when, behind }: Death): Promise<boolean> {
    const { stateDir, folder } = this.#lab
    const kept = join(folder, 'kept')
    if (existsSync(stateDir)) await cp(stateDir, kept, { recursive: true })
    this.#log.order(after, { error: 'LOG_CORRUPT', when })
    const failure = await this.#run()
    if (behind === 'all lost') await rm(stateDir, { recursive: true })
    else await putBack(behind, kept, stateDir)
    await rm(kept, { recursive: true, force: true })
    return failure !== undefined
  }

  async finishes(): Promise<void> {
    this.#log.heal()
    expect(await this.#run()).toBeUndefined()
  }

  /** Until all is processed, or it dies: then says of what. */
  async #run(): Promise<unknown> {
    const { topology, optimize = false } = this.#program
    const options = { log: this.#log, stateDir: this.#lab.stateDir, logger: false, commitInterval: 1, optimize } as const
    const app = createApp(topology, options)
    const failure = await app
      .start()
      .then(() => app.caughtUp())
      .catch((error: unknown) => error)
    await app.stop()
    return failure
  }
}

async function putBack(places: readonly number[], kept: string, stateDir: string): Promise<void> {
  // Tasks without stores have none.
  const tasks = await readdir(join(stateDir, 'tasks')).catch(() => [])
  const all = ['globals', ...tasks.map((task) => join('tasks', task))]
  for (const database of new Set(places.map((place) => all[place % all.length] as string))) {
    await rm(join(stateDir, database), { recursive: true, force: true })
    if (existsSync(join(kept, database))) await cp(join(kept, database), join(stateDir, database), { recursive: true })
  }
}

/** Each record is another one. Each round comes after the one before, however late its records are. */
function timed(rounds: readonly Round[]): readonly (readonly Timed[])[] {
  let time = 0
  let number = 0
  return rounds.map(({ inputs }) => {
    time += GRACE
    return inputs.map((input) => {
      const value = input.value === null ? null : `${input.value}${number++}`
      return { ...input, value, timestamp: (time += 10) - input.late }
    })
  })
}

async function withoutDeaths(program: JoinProgram, all: readonly Timed[]): Promise<Comparable> {
  await using driver = await TopologyTestDriver.open(program.topology, { partitions: PARTITIONS })
  for (const { topic, key, value, timestamp } of all) await driver.input(topic, TEXT).pipe(key, value, { timestamp })
  const out = driver.output<string, string>('out', TEXT).readAll()
  return comparable(
    out.map(({ key, value }) => [key, value]),
    program,
  )
}

/** Join and key → what came out. */
type Comparable = Record<string, readonly string[]>

function comparable(out: readonly (readonly [key: string | null, value: string | null])[], { same }: JoinProgram): Comparable {
  const byRow: Record<string, string[]> = {}
  for (const [key, value] of out) {
    const [join = '', text = ''] = value?.split(' ') ?? []
    ;(byRow[`${join} ${key}`] ??= []).push(text)
  }
  const rows = Object.entries(byRow)
  if (same === 'order') return byRow
  if (same === 'set') return Object.fromEntries(rows.map(([row, texts]) => [row, texts.toSorted()]))
  // What came and went between two commits was never heard of, and the time of a change that was merged is not kept either.
  const last = rows.map(([row, texts]) => [row, (texts.at(-1) ?? '').split('@', 1)] as const)
  return Object.fromEntries(last.filter(([, [text]]) => text !== 'null'))
}
