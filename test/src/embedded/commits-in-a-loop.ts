import { embeddedLog } from '@millrace/core'
import { ACCOUNTS, GROUP, TOPICS } from './committed-transfers.ts'

/**
 * Commits transaction after transaction to the embedded log in the folder of its first argument, and says the number of each
 * one once it is acknowledged. Goes on from what the log holds. Meant to be killed.
 */
const [folder = ''] = process.argv.slice(2)
const log = embeddedLog({ location: folder })
await log.admin.createTopics(TOPICS)
const writer = await log.openWriter({ name: 'loop', transactionalId: 'loop' })
await writer.prepare(TOPICS.map(({ topic }) => topic))
const { offsets: committed } = await log.admin.committedOffsets(GROUP, [{ topic: 'input', partition: 0 }])

for (let number = committed.get('input/0') ?? 0; ; number++) {
  if (number % 7 === 3) {
    writer.append('journal', 0, 0, 'aborted', `aborted ${number}`)
    await writer.abort()
  }
  writer.append('journal', number % 2, 0, String(number), 'x'.repeat(number % 2000))
  writer.append('balances', 0, 0, `account-${number % ACCOUNTS}`, String(number))
  const identity = { group: GROUP, generation: -1, memberId: '' }
  await writer.commit({ identity, offsets: new Map([['input/0', number + 1]]) })
  process.stdout.write(`acknowledged ${number}\n`)
}
