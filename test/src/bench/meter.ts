import { readFileSync } from 'node:fs'

interface Reading {
  readonly seconds: number
  readonly cpuSeconds: number
}

/** What a peer prints as its RESULT line. */
export interface PeerResult {
  readonly peer: string
  readonly workload: string
  readonly n: number
  /** Seconds from the first record to the last; SS: without the first 20 %. */
  readonly wall: number
  readonly wallSS: number
  /** Seconds from the last record until everything was committed and closed. */
  readonly drain: number
  readonly rps: number
  readonly rpsSS: number
  /** CPU seconds of the whole process per million records, the end included; SS: from 20 % to the last record. */
  readonly cpuPerM: number
  readonly cpuPerMSS: number
  readonly cpuTotal: number
  readonly rssMb: number
}

/** Counts records and reads wall clock and CPU time (all threads) at the first, the 20 % and the last one. */
export class Meter {
  readonly done: Promise<void>
  readonly #n: number
  readonly #warmAt: number
  #count = 0
  #first: Reading | undefined
  #warm: Reading | undefined
  #last: Reading | undefined
  #finish: () => void = () => undefined

  /** @param n records until `done`; 0: never */
  constructor(n: number) {
    this.#n = n
    this.#warmAt = Math.max(1, Math.floor(n / 5))
    this.done = new Promise((resolve) => {
      this.#finish = resolve
    })
  }

  tick(): void {
    const count = ++this.#count
    if (count === 1) this.#first = read()
    if (count === this.#warmAt) this.#warm = read()
    if (count === this.#n) {
      this.#last = read()
      this.#finish()
    }
  }

  /** Call when everything is flushed, committed and closed. */
  result(peer: string, workload: string): PeerResult {
    const end = read()
    const first = this.#first ?? end
    const warm = this.#warm ?? first
    const last = this.#last ?? end
    const wall = last.seconds - first.seconds
    const wallSS = last.seconds - warm.seconds
    const rest = this.#n - this.#warmAt
    return {
      peer,
      workload,
      n: this.#n,
      wall: round(wall),
      wallSS: round(wallSS),
      drain: round(end.seconds - last.seconds),
      rps: Math.round(this.#n / wall),
      rpsSS: Math.round(rest / wallSS),
      cpuPerM: round(((end.cpuSeconds - first.cpuSeconds) / this.#n) * 1e6),
      cpuPerMSS: round(((last.cpuSeconds - warm.cpuSeconds) / rest) * 1e6),
      cpuTotal: round(end.cpuSeconds),
      rssMb: Math.round(process.resourceUsage().maxRSS / 1024),
    }
  }
}

/** CPU time from the kernel, as for a peer of any language: threads of V8 and of LevelDB included. */
function read(): Reading {
  return { seconds: performance.now() / 1000, cpuSeconds: process.platform === 'linux' ? procStat() : usage() }
}

function procStat(): number {
  const stat = readFileSync('/proc/self/stat', 'utf8')
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return (Number(fields[11]) + Number(fields[12])) / 100
}

function usage(): number {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1e6
}

function round(value: number): number {
  return Math.round(value * 1000) / 1000
}
