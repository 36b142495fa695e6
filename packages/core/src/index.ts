/** Millrace's core: topologies, their plan, their operators, the runtime, and the logs they run on. */
export * from './errors.ts'
