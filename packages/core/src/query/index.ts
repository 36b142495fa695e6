/**
 * Interactive queries: what is committed in the stores of this process, read at one moment or followed as it changes. See
 * `app.store` and `app.windowStore`.
 */
export { ChangeFeed, ChangeTap } from './change-feed.ts'
export { KeyValueQuery, type StoreChange } from './key-value-query.ts'
export type { RangeOptions, StoreAccess } from './store-access.ts'
export { SessionQuery } from './session-query.ts'
export { VersionedQuery } from './versioned-query.ts'
export { type WindowChange, WindowQuery } from './window-query.ts'
