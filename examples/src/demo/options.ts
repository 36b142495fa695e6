import { parseArgs } from 'node:util'

export interface DemoOptions {
  /** How long the shop is open; undefined: until Ctrl-C. */
  readonly seconds: number | undefined
  /** On Kafka instead of the embedded log. */
  readonly kafka: boolean
  /** How many times the app is killed (SIGKILL) in the middle and started again. */
  readonly kills: number
  /** Transactions that the shop writes in a second. */
  readonly rate: number
  readonly seed: number
}

export const USAGE = `npm run demo -- [--seconds N | --forever] [--kafka] [--kill [N]] [--rate N] [--seed N]

  --seconds N   how long the shop is open (default 20)
  --forever     until Ctrl-C; then the verdict
  --kafka       on a real Kafka broker (KAFKA_BROKERS, or one that is started) instead of the embedded log
  --kill N      kill -9 the app N times in the middle (default 0; --kill alone: once)
  --rate N      transactions a second (default 60)
  --seed N      seed of the shop's random numbers (default: another one each time)

MYSQL_URL uses a server of yours (the demo drops and makes the database 'shop' there); otherwise one is started.`

/** @throws with the usage when something is not understood. */
export function demoOptions(args: readonly string[]): DemoOptions {
  const { values } = parseArgs({
    args: args.map((argument, at) => (argument === '--kill' && !/^\d+$/.test(args[at + 1] ?? '') ? '--kill=1' : argument)),
    options: {
      seconds: { type: 'string' },
      forever: { type: 'boolean', default: false },
      kafka: { type: 'boolean', default: false },
      kill: { type: 'string', default: '0' },
      rate: { type: 'string', default: '60' },
      seed: { type: 'string' },
    },
  })
  return {
    seconds: values.forever ? undefined : positive('seconds', values.seconds ?? '20'),
    kafka: values.kafka,
    kills: values.kill === '0' ? 0 : positive('kill', values.kill),
    rate: positive('rate', values.rate),
    seed: values.seed === undefined ? Date.now() % 1_000_000 : positive('seed', values.seed),
  }
}

function positive(name: string, text: string): number {
  const number = Number(text)
  if (Number.isInteger(number) && number > 0) return number
  throw new TypeError(`--${name} takes a whole number above 0, not '${text}'`)
}
