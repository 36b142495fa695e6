import { type StateEngine, StateStoreError } from '@millrace/state-store'
import { MillraceError } from '../../errors.ts'

/** Opens the database, saying what a failure means for the log and what to do about it. */
export async function openEngine(engine: StateEngine): Promise<void> {
  try {
    await engine.open()
  } catch (cause) {
    if (!(cause instanceof StateStoreError)) throw cause
    const options = { cause, location: { file: engine.location } }
    switch (cause.code) {
      case 'STATE_LOCKED':
        throw new MillraceError(
          'STATE_LOCKED',
          `The embedded log at ${engine.location} is in use by another process, and one process at a time can have it. Stop ` +
            'the other one, give this one a folder of its own, or use Kafka to share a log between processes.',
          options,
        )
      case 'STATE_CORRUPT':
      case 'STATE_FORMAT':
        throw new MillraceError(
          'LOG_CORRUPT',
          `The embedded log at ${engine.location} is damaged: ${cause.message} Restore the folder from a backup, or start with ` +
            'an empty one (records that were only there are lost).',
          options,
        )
      default:
        throw new MillraceError(
          'LOG_IO',
          `The embedded log at ${engine.location} cannot be opened: ${cause.message} Check that the folder can be written and ` +
            'that the disk has space.',
          options,
        )
    }
  }
}
