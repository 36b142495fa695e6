/** What the demo asks of the app's process. */
export type AppRequest = 'catch-up' | 'stop'

/** What the app's process tells the demo. */
export type AppMessage =
  | { readonly type: 'state'; readonly state: string }
  | { readonly type: 'figures'; readonly figures: AppFigures }
  | { readonly type: 'caught-up' }
  | { readonly type: 'failed'; readonly message: string }

export interface AppFigures {
  /** Rows read from MySQL since this process started. */
  readonly recordsIn: number
  /** Rows written into views since this process started. */
  readonly rowsOut: number
  /** Records that are in a log and not processed yet. */
  readonly lag: number
}
