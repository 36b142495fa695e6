import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { createApp, embeddedLog, partitionForKey } from '@millrace/core'
import { wordcount } from './topology.ts'

// pnpm example wordcount < some.txt     (or without a file: a line of its own)
// No broker, no database: the log and the state are in a folder that is deleted at the end.

const PARTITIONS = 4
const POEM = 'The mill race turns the wheel, the wheel turns the stone, and the stone turns the grain into flour.'

const input = process.stdin.isTTY ? POEM : (await text(process.stdin)) || POEM
const folder = await mkdtemp(join(tmpdir(), 'millrace-wordcount-'))
const log = embeddedLog({ location: join(folder, 'log') })
const app = createApp(wordcount, { log, stateDir: join(folder, 'state') })
try {
  await log.admin.createTopics(
    ['lines', 'word-counts'].map((topic) => ({ topic, partitions: PARTITIONS, cleanup: 'delete' as const })),
  )
  await app.start()

  const writer = await log.openWriter({ name: 'input' })
  await writer.prepare(['lines'])
  for (const [number, line] of input.split('\n').entries()) {
    const key = String(number)
    writer.append('lines', partitionForKey(key, PARTITIONS), Date.now(), key, line)
  }
  await writer.flush()
  await writer.close()
  await app.caughtUp()

  const counts = await app.store<string, number>('words').range()
  const top = counts.toSorted(([, a], [, b]) => b - a).slice(0, 10)
  console.log(top.map(([word, count]) => `${String(count).padStart(5)}  ${word}`).join('\n'))
} finally {
  await app.stop()
  await log.close()
  await rm(folder, { recursive: true, force: true })
}
