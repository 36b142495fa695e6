import { randomInt } from 'node:crypto'
import { createServer } from 'node:net'

/** Below Linux's ephemeral range (32768 and up), so that no outgoing connection takes a stopped server's port before its restart. */
const LOWEST_PORT = 20_000
const HIGHEST_PORT = 32_000

/** A TCP port of 127.0.0.1 on which nothing listens. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(LOWEST_PORT, HIGHEST_PORT)
    if (await isFree(port)) return port
  }
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer()
    probe.once('error', () => resolve(false))
    probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(true)))
  })
}
