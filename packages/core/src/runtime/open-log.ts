import { join } from 'node:path'
import { embeddedLog } from '../log/embedded/index.ts'
import type { Log } from '../log/log.ts'
import type { ResolvedOptions } from './options.ts'

/** The log that the options ask for. */
export function openLog(settings: ResolvedOptions): Log {
  if (settings.log === 'embedded') return embeddedLog({ location: join(settings.stateDir, 'log'), ...settings.embedded })
  if (settings.log === 'kafka') throw new Error('not yet')
  return settings.log
}
