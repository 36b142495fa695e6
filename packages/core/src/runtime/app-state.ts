import { BehaviorSubject, type Observable } from 'rxjs'
import { MillraceError } from '../errors.ts'

/** Where an app is in its life. */
export type AppState =
  | { readonly status: 'created' }
  /** Folder, log and topics are being opened and checked. */
  | { readonly status: 'starting' }
  /** The group's members agree on who does what; nothing is processed. */
  | { readonly status: 'rebalancing' }
  /** Some tasks replay their changelogs; the others run. */
  | { readonly status: 'restoring'; readonly tasks: number; readonly remaining: number }
  | { readonly status: 'running' }
  /** Committing for the last time, leaving the group, closing. */
  | { readonly status: 'stopping' }
  | { readonly status: 'stopped' }
  | { readonly status: 'failed'; readonly error: Error }

export type AppStatus = AppState['status']

/** Which status may follow which: everything else is a defect. */
const NEXT: Readonly<Record<AppStatus, readonly AppStatus[]>> = {
  created: ['starting', 'stopped'],
  starting: ['rebalancing', 'stopping', 'failed'],
  rebalancing: ['rebalancing', 'restoring', 'running', 'stopping', 'failed'],
  restoring: ['restoring', 'rebalancing', 'running', 'stopping', 'failed'],
  running: ['rebalancing', 'restoring', 'stopping', 'failed'],
  stopping: ['stopped', 'failed'],
  stopped: [],
  failed: [],
}

/** The app's state and its history to come. Completes after `stopped` and `failed`. */
export class AppLife {
  readonly #subject = new BehaviorSubject<AppState>({ status: 'created' })

  get state(): AppState {
    return this.#subject.value
  }

  get state$(): Observable<AppState> {
    return this.#subject
  }

  get ended(): boolean {
    return NEXT[this.state.status].length === 0
  }

  /** @throws {MillraceError} APP_STATE when the present state does not lead there */
  enter(state: AppState): void {
    const { status } = this.state
    if (!NEXT[status].includes(state.status)) {
      throw new MillraceError('APP_STATE', `The app is ${status}, so it cannot become ${state.status}.`)
    }
    this.#subject.next(state)
    if (this.ended) this.#subject.complete()
  }
}
