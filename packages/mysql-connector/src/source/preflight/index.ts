/** What must be right of a server and its tables before anything is read; all that is not, told at once. */
export { preflight } from './preflight.ts'
