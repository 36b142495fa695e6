/** The embedded log: a partitioned, transactional log in this process, in one LevelDB, without a broker. */
export { embeddedLog, type EmbeddedLogOptions } from './embedded-log.ts'
