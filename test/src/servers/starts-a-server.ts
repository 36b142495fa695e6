import { startMariadb } from '@millrace/scripts/servers'

// A program for guard.test.ts to kill: it starts a server and would run forever, or ends at once when told `end`.
const { pid, dataDir } = await startMariadb()
console.log(JSON.stringify({ pid, dataDir }))
if (process.argv[2] !== 'end') setInterval(() => {}, 60_000)
