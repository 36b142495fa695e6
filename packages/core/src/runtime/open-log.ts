import { join } from 'node:path'
import { embeddedLog } from '../log/embedded/index.ts'
import { kafkaLog } from '../log/kafka/index.ts'
import type { Log } from '../log/log.ts'
import type { Logger } from './logger.ts'
import type { ResolvedOptions } from './options.ts'

/** The log that the options ask for. */
export function openLog(settings: ResolvedOptions, logger: Logger): Log {
  if (settings.log === 'embedded') return embeddedLog({ location: join(settings.stateDir, 'log'), ...settings.embedded, logger })
  if (settings.log === 'kafka') return kafkaLog({ clientId: settings.app, ...settings.kafka, logger })
  return settings.log
}
