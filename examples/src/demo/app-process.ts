import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { AppFigures, AppMessage, AppRequest } from './app-messages.ts'

const PROGRAM = fileURLToPath(new URL('./app.ts', import.meta.url))
const NO_FIGURES: AppFigures = { recordsIn: 0, rowsOut: 0, lag: 0 }

/** The app in a process of its own, so that it can be killed like one. */
export class AppProcess {
  readonly #environment: Readonly<Record<string, string>>
  #child: ChildProcess | undefined
  #earlier: AppFigures = NO_FIGURES
  #figures: AppFigures = NO_FIGURES
  #caughtUp: (() => void) | undefined
  state = 'starting'
  failure: string | undefined

  constructor(environment: Readonly<Record<string, string>>) {
    this.#environment = environment
  }

  /** Since the first start, over all processes. */
  get figures(): AppFigures {
    return {
      recordsIn: this.#earlier.recordsIn + this.#figures.recordsIn,
      rowsOut: this.#earlier.rowsOut + this.#figures.rowsOut,
      lag: this.#figures.lag,
    }
  }

  get pid(): number | undefined {
    return this.#child?.pid
  }

  start(): void {
    this.#earlier = this.figures
    this.#figures = NO_FIGURES
    this.state = 'starting'
    const child = fork(PROGRAM, { env: { ...process.env, ...this.#environment }, stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
    child.on('message', (message) => this.#take(message as AppMessage))
    child.on('exit', (code, signal) => {
      if (this.#child !== child) return
      this.state = signal === 'SIGKILL' ? 'killed' : 'stopped'
      if (code !== 0 && code !== null) this.failure ??= `the app ended with exit code ${code}`
    })
    this.#child = child
  }

  /** kill -9: nothing is flushed, nothing is said goodbye to. */
  async kill(): Promise<void> {
    const child = this.#child
    if (child === undefined || child.exitCode !== null) return
    const exited = once(child, 'exit')
    child.kill('SIGKILL')
    await exited
  }

  /** Resolves when all that is in the source now has reached the views. */
  async caughtUp(): Promise<void> {
    const answered = new Promise<void>((resolve) => {
      this.#caughtUp = resolve
    })
    this.#ask('catch-up')
    await answered
  }

  async stop(): Promise<void> {
    const child = this.#child
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return
    const exited = once(child, 'exit')
    this.#ask('stop')
    await exited
  }

  #ask(request: AppRequest): void {
    this.#child?.send(request)
  }

  #take(message: AppMessage): void {
    switch (message.type) {
      case 'state':
        this.state = message.state
        return
      case 'figures':
        this.#figures = message.figures
        return
      case 'caught-up':
        this.#caughtUp?.()
        return
      case 'failed':
        this.failure = message.message
    }
  }
}
