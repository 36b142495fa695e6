/** Programs on this machine: found, run to their end, or kept as servers that never outlive who started them. */
export { findProgram, runCommand } from './command.ts'
export { freePort } from './free-port.ts'
export { type Server, type StopOptions, startServer } from './server.ts'
